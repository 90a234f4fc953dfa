import { caPath } from './ca-calls.ts';
import { hexFrom } from './random.ts';
import type { CertificateAuthority, DataMap, Definition } from './types.ts';

const USERS = ['jsmith', 'mgarcia', 'tchen', 'okowalski', 'ahaddad', 'svc_web', 'svc_vpn'];

/** A requester of the simulated company. */
export function userOf(number: number): string {
  return `KEYEXAMPLE\\${USERS[number % USERS.length] ?? 'jsmith'}`;
}

export function subjectOf(definition: Definition, number: number): string {
  const prefix = definition.displayName
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, 6)
    .toLowerCase();
  return `CN=${prefix}${String(number).padStart(4, '0')}.keyexample.com`;
}

/** Titles as the manual shows them. */
export function titleOf(definition: Definition, user: string, subject: string): string {
  switch (definition.workflowType) {
    case 'Enrollment':
      return `${user} is enrolling for a certificate with ${subject}.`;
    case 'Revocation':
      return `${user} is revoking certificate with ${subject}.`;
    default:
      return `Certificate with ${subject}: ${definition.displayName}.`;
  }
}

interface Request {
  readonly definition: Definition;
  readonly ca: CertificateAuthority | undefined;
  readonly user: string;
  readonly subject: string;
  /** What makes the CSR differ from others for the same subject; equal input for the same subject if it is empty. */
  readonly csrLabel: string;
}

/** The input of a workflow at its start, with the keys of its type (API reference, 4.1). */
export function initialDataOf(seed: number, request: Request): DataMap {
  const { definition, ca, user, subject, csrLabel } = request;
  const certificateId = 10_000 + (Number.parseInt(hexFrom(seed, `id:${subject}`).slice(0, 8), 16) % 1_000_000);
  const path = ca ? { CertificateAuthority: caPath(ca) } : {};
  switch (definition.workflowType) {
    case 'Enrollment':
      return {
        ...path,
        Template: definition.keyDisplayName,
        Subject: subject,
        SANs: { dns: [subject.replace(/^CN=/, '').split(',')[0] ?? subject] },
        CSR: csrOf(seed, `${subject}:${csrLabel}`),
        Requester: user,
        IncludeChain: true,
        AdditionalAttributes: {},
        Metadata: { Owner: user },
      };
    case 'Revocation':
      return {
        ...path,
        CertificateId: certificateId,
        SerialNumberString: hexFrom(seed, `serial:${subject}`).slice(0, 20).toUpperCase(),
        Thumbprint: hexFrom(seed, `thumbprint:${subject}`).toUpperCase(),
        RevokeCode: 4,
        EffectiveDate: '2026-01-02T00:00:00Z',
        Comment: 'Superseded',
        OperationStart: '2026-01-02T00:00:00Z',
        Delegate: false,
      };
    default:
      return { CertificateId: certificateId, AlertId: 4, Subject: subject };
  }
}

/** Something that looks like a certificate request. */
export function csrOf(seed: number, label: string): string {
  const body = Buffer.from(hexFrom(seed, `csr:${label}`)).toString('base64');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----`;
}
