import { toCaTest, toCertificateAuthority, toTestBody } from '../../../../src/adapters/command/wire-authority.ts';
import { parseHttpDate, parseWireDate, toDay, toTime } from '../../../../src/adapters/command/wire-dates.ts';
import { toDefinition } from '../../../../src/adapters/command/wire-definition.ts';
import { parseErrorBody } from '../../../../src/adapters/command/wire-error.ts';
import { toInstanceDetail, toInstanceRow } from '../../../../src/adapters/command/wire-instance.ts';
import { parseJson, toGuid, toInteger } from '../../../../src/adapters/command/wire-json.ts';
import { parseStatus } from '../../../../src/adapters/command/wire-status.ts';

const ID = '0f3b7a52-1111-4222-8333-444455556666';
const dialect = { statusMap: { Failed: 4 }, zoneOffsetMs: 0 };

describe('dates', () => {
  test.each<readonly [unknown, string | null, boolean]>([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z', true],
    ['2026-01-02T03:04:05.6789012Z', '2026-01-02T03:04:05.678Z', true],
    ['2026-01-02T03:04:05.6', '2026-01-02T03:04:05.600Z', false],
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z', false],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z', false],
    ['2026-01-02T03:04', '2026-01-02T03:04:00.000Z', false],
    ['2026-01-02', '2026-01-02T00:00:00.000Z', false],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z', true],
    ['2026-01-02T03:04:05-0530', '2026-01-02T08:34:05.000Z', true],
    ['0001-01-01T00:00:00', null, false],
    ['2026-02-30T00:00:00Z', null, false],
    ['yesterday', null, false],
    ['', null, false],
    [null, null, false],
    [1767323045000, null, false],
  ])('%s', (text, expected, hasZone) => {
    const date = parseWireDate(text);

    expect(date && new Date(date.time).toISOString()).toBe(expected);
    if (date) expect(date.hasZone).toBe(hasZone);
  });

  test('only zone-less dates are moved by the learned offset', () => {
    expect(toTime('2026-01-02T03:00:00', -3_600_000)).toBe(Date.parse('2026-01-02T02:00:00Z'));
    expect(toTime('2026-01-02T03:00:00Z', -3_600_000)).toBe(Date.parse('2026-01-02T03:00:00Z'));
  });

  test('days and header dates', () => {
    expect(toDay(Date.parse('2026-01-02T23:59:59Z'))).toBe('2026-01-02');
    expect(parseHttpDate('Tue, 24 Nov 2026 10:00:00 GMT')).toBe(Date.parse('2026-11-24T10:00:00Z'));
    expect(parseHttpDate('soon')).toBeNull();
    expect(parseHttpDate(undefined)).toBeNull();
  });
});

test.each<readonly [unknown, string, string]>([
  [4, 'Failed', '4'],
  ['4', 'Failed', '4'],
  [3, 'Unknown', '3'],
  [-1, 'Unknown', '-1'],
  ['Failed', 'Failed', 'Failed'],
  ['failed', 'Failed', 'failed'],
  ['Canceled For Restart', 'CanceledForRestart', 'Canceled For Restart'],
  ['NotStarted', 'Unknown', 'NotStarted'],
  ['', 'Unknown', ''],
  [null, 'Unknown', ''],
  [undefined, 'Unknown', ''],
])('status %j is %s', (value, status, raw) => {
  expect(parseStatus(value, { Failed: 4 })).toMatchObject({ status, raw });
});

describe('instances', () => {
  const wire = {
    Id: ID.toUpperCase(),
    Status: 4,
    CurrentStepId: ID,
    StatusMessage: 'no',
    Definition: { Id: ID.toUpperCase(), DisplayName: 'Enrol', Version: '3', WorkflowType: 'Enrollment' },
    CurrentStepDisplayName: 'Enroll',
    CurrentStepUniqueName: '',
    Title: 'a',
    LastModified: '2026-01-02T03:04:05',
    StartDate: '2026-01-02T03:04:04.1234567Z',
    ReferenceId: '812',
  };

  test('a full row', () => {
    expect(toInstanceRow(wire, { ...dialect, zoneOffsetMs: 1_000 })).toEqual({
      id: ID,
      status: 'Failed',
      rawStatus: '4',
      statusMessage: 'no',
      definitionId: ID,
      definitionName: 'Enrol',
      definitionVersion: 3,
      workflowType: 'Enrollment',
      stepName: 'Enroll',
      stepUniqueName: null,
      title: 'a',
      lastModified: Date.parse('2026-01-02T03:04:06Z'),
      startDate: Date.parse('2026-01-02T03:04:04.123Z'),
      zoneOffsetMs: 1_000,
      referenceId: 812,
    });
  });

  test('names in any case', () => {
    const camel = Object.fromEntries(
      Object.entries(wire).map(([name, value]) => [`${name[0]?.toLowerCase()}${name.slice(1)}`, value]),
    );

    expect(toInstanceRow(camel, dialect)).toEqual(toInstanceRow(wire, dialect));
  });

  test('a row with an id and nothing else', () => {
    expect(toInstanceRow({ Id: ID, Definition: null, ReferenceId: 1.5 }, dialect)).toMatchObject({
      status: 'Unknown',
      definitionId: '',
      workflowType: '',
      lastModified: null,
      referenceId: null,
    });
  });

  test.each([null, 'x', [], {}, { Id: 7 }, { Id: 'not-a-guid' }])('%j is no row', (value) => {
    expect(toInstanceRow(value, dialect)).toBeNull();
    expect(toInstanceDetail(value, dialect)).toBeNull();
  });

  test('the single read adds signals and both maps as they are', () => {
    const data = { SANs: { dns: ['a'] }, 'Some Key': null };
    const detail = toInstanceDetail(
      {
        ...wire,
        Signals: [{ SignalName: 'ApprovalStatus', SignalReceived: 'true' }, null, { SignalName: null }],
        InitialData: data,
        CurrentStateData: null,
      },
      dialect,
    );

    expect(detail).toMatchObject({
      signals: [
        { name: 'ApprovalStatus', received: true },
        { name: null, received: false },
      ],
      initialData: data,
      currentStateData: null,
    });
  });
});

describe('certificate authorities', () => {
  const wire = {
    Id: 7,
    LogicalName: 'Corp CA',
    HostName: 'ca.example',
    CAType: 'HTTPS',
    ConfigurationTenant: 'example',
    ExplicitCredentials: false,
    ExplicitPassword: { SecretValue: 'x' },
    AuthCertificatePassword: 'y',
    ClientSecret: 'z',
    UseCAConnector: true,
    IssuanceMax: null,
    Standalone: true,
  };

  test.each<readonly ['10' | '11' | '25', readonly string[]]>([
    ['10', ['Id', 'CAType', 'LogicalName', 'HostName', 'ConfigurationTenant', 'ExplicitCredentials', 'Standalone']],
    ['11', ['Id', 'CAType', 'LogicalName', 'HostName', 'ConfigurationTenant', 'ExplicitCredentials']],
    ['25', ['Id', 'CAType', 'LogicalName', 'HostName', 'ConfigurationTenant', 'ExplicitCredentials', 'UseCAConnector']],
  ])('the body of Test in form %s has the fields of that contract and no secret', (form, names) => {
    const ca = toCertificateAuthority(wire);

    expect(ca).toMatchObject({ id: 7, logicalName: 'Corp CA', hostName: 'ca.example', type: 1 });
    expect(ca && Object.keys(toTestBody(ca, form))).toEqual(names);
  });

  test('a record without an id is none; a missing type stays unknown', () => {
    expect(toCertificateAuthority({ LogicalName: 'a' })).toBeNull();
    expect(toCertificateAuthority({ id: '3' })).toMatchObject({ id: 3, type: null, logicalName: '' });
  });

  test.each([
    [
      { Success: true, Message: null },
      { isGood: true, message: '', broke: false },
    ],
    [
      { success: 'false', message: 'RPC' },
      { isGood: false, message: 'RPC', broke: false },
    ],
    [{}, { isGood: false, broke: true }],
    [undefined, { isGood: false, broke: true }],
  ])('verdict %j', (value, expected) => {
    expect(toCaTest(value)).toMatchObject(expected);
  });
});

describe('definitions', () => {
  const wire = { Id: ID, DisplayName: 'Enrol', WorkflowType: 'Enrollment', DraftVersion: 4, PublishedVersion: 3 };

  test.each<readonly [string, object, number | null, readonly [number, boolean]]>([
    ['a draft', { ...wire, IsPublished: false }, null, [4, true]],
    ['the published one', { ...wire, IsPublished: true }, null, [3, false]],
    ['one that was never published', { ...wire, PublishedVersion: null, IsPublished: false }, null, [4, false]],
    ['the version asked for', wire, 2, [2, true]],
    ['a version of its own', { ...wire, Version: 3 }, null, [3, false]],
  ])('%s', (_title, value, asked, [version, isDraft]) => {
    const found = toDefinition(value, asked);

    expect(found?.definition.version).toBe(version);
    expect(found?.isDraft).toBe(isDraft);
  });

  test('parameters of steps become text', () => {
    const step = { DisplayName: 'E', UniqueName: 'E1', ExtensionName: 'EnrollStep' };
    const parameters = { CA: 'host\\name', Count: 3, On: true, Deep: { a: 1 }, None: null };

    expect(
      toDefinition({ ...wire, Steps: [{ ...step, ConfigurationParameters: parameters }, null] }, null),
    ).toMatchObject({
      definition: { steps: [{ uniqueName: 'E1', parameters: { ca: 'host\\name', count: '3', on: 'true' } }] },
    });
    expect(toDefinition({}, null)).toBeNull();
  });
});

test.each<readonly [string, string | null, string]>([
  ['{"ErrorCode":"0xA0140002","Message":"no right"}', '0xA0140002', 'no right'],
  ['{"errorCode":"0x1","message":"a","FailedOperations":[{"Reason":"b"},{}]}', '0x1', 'a; b'],
  ['{"title":"Bad Request"}', null, 'Bad Request'],
  ['<html>', null, ''],
  ['', null, ''],
  ['[]', null, ''],
  [`{"Message":"${'x'.repeat(9_000)}"}`, null, 'x'.repeat(500)],
])('error body %#', (text, errorCode, message) => {
  expect(parseErrorBody(text)).toEqual({ errorCode, message });
});

test('JSON, integers and GUIDs', () => {
  expect(parseJson('\uFEFF[1]')).toEqual([1]);
  expect(parseJson('<html>')).toBeUndefined();
  expect([' 12 ', 12, 1.5, '1.5', '', null].map(toInteger)).toEqual([12, 12, null, null, null, null]);
  expect([`{${ID.toUpperCase()}}`, ID, 'x', 5].map(toGuid)).toEqual([ID, ID, null, null]);
});
