import type { CertificateAuthority } from '../../core/instance.ts';
import type { CaTest } from '../../ports/command.ts';
import { readBoolean, readInteger, readText, toFields } from './wire-json.ts';

/** Body form of CA Test: 10.x wants the whole record, 11 a request of its own, 25 more fields of it (API reference 7). */
export type TestForm = '10' | '11' | '25';

/** Fields that Test takes beside id, type and names; none of them holds a secret. An unknown field is a breach of contract. */
const FIELDS_11 = ['ForestRoot', 'ConfigurationTenant', 'ExplicitCredentials', 'ExplicitUser'];
const FIELDS_25 = ['ClientId', 'TokenURL', 'Scope', 'Audience', 'UseCAConnector', 'ConnectorPool', 'Remote'];
const FIELDS_10 =
  'Remote Agent Standalone Delegate DelegateEnrollment MonitorThresholds RFCEnforcement IssuanceMax IssuanceMin ' +
  'DenialMax FailureMax Properties AllowedEnrollmentTypes KeyRetention KeyRetentionDays SubscriberTerms ' +
  'UseAllowedRequesters EnforceUniqueDN';
const FIELDS: Readonly<Record<TestForm, readonly string[]>> = {
  '10': [...FIELDS_11, ...FIELDS_10.split(' ')],
  '11': FIELDS_11,
  '25': [...FIELDS_11, ...FIELDS_25],
};
const ALL_FIELDS = [...new Set(Object.values(FIELDS).flat())];

/** One row of the CA list; null where it has no id. */
export function toCertificateAuthority(value: unknown): CertificateAuthority | null {
  const fields = toFields(value);
  const id = fields && readInteger(fields, 'Id');
  if (!fields || id === null) return null;
  const testFields: Record<string, string | number | boolean> = {};
  for (const name of ALL_FIELDS) {
    const content = fields.get(name.toLowerCase());
    if (typeof content === 'string' || typeof content === 'number' || typeof content === 'boolean') {
      testFields[name] = content;
    }
  }
  return {
    id,
    logicalName: readText(fields, 'LogicalName') ?? '',
    hostName: readText(fields, 'HostName') ?? '',
    type: typeOf(fields.get('catype')),
    testFields,
  };
}

/** The body of Test; stored secrets are for the server to fill in. */
export function toTestBody(ca: CertificateAuthority, form: TestForm): Record<string, string | number | boolean> {
  const extra = Object.entries(ca.testFields ?? {}).filter(([name]) => FIELDS[form].includes(name));
  return {
    Id: ca.id,
    ...(ca.type === null ? {} : { CAType: ca.type }),
    LogicalName: ca.logicalName,
    HostName: ca.hostName,
    ...Object.fromEntries(extra),
  };
}

/** What a Test with a 2xx said. */
export function toCaTest(value: unknown): CaTest {
  const fields = toFields(value);
  const isGood = fields && readBoolean(fields, 'Success');
  if (!fields || isGood === null) return { isGood: false, message: 'Test answered without a verdict', broke: true };
  return { isGood, message: readText(fields, 'Message') ?? '', broke: false };
}

function typeOf(value: unknown): number | null {
  if (typeof value === 'string' && /^dcom$/i.test(value)) return 0;
  if (typeof value === 'string' && /^https$/i.test(value)) return 1;
  return readInteger(new Map([['catype', value]]), 'CAType');
}
