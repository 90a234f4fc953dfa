/**
 * The shapes of Command's answers, from the field lists of its API (API reference, 3 to 9): what each field may be, by
 * product version. A field that is not named here must not be there: the schemas of 25 forbid others.
 */
export type Shape = (value: unknown) => string | null;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?(Z|[+-]\d{2}:\d{2})?$/;

function check(name: string, isRight: (value: unknown) => boolean): Shape {
  return (value) => (isRight(value) ? null : `${JSON.stringify(value) ?? 'nothing'} is no ${name}`);
}

const text = check('text', (value) => typeof value === 'string');
const flag = check('boolean', (value) => typeof value === 'boolean');
const int32 = check('int32', (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31);
const int64 = check('int64', (value) => Number.isSafeInteger(value));
const guid = check('GUID', (value) => typeof value === 'string' && GUID.test(value));
const date = check('date-time', (value) => typeof value === 'string' && DATE.test(value));
const nothing = check('null', (value) => value === null);
const map = check('map', (value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const oneOf = (...allowed: readonly number[]): Shape =>
  check(`one of ${allowed.join(', ')}`, (value) => allowed.includes(Number(value)) && typeof value === 'number');
const orNull =
  (inner: Shape): Shape =>
  (value) =>
    value === null ? null : inner(value);

export function list(inner: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return 'is no list';
    const faults = value.map((item, index) => ({ index, fault: inner(item) })).filter(({ fault }) => fault !== null);
    return faults[0] ? `[${faults[0].index}] ${faults[0].fault}` : null;
  };
}

/** All of these fields and no other. */
export function record(fields: Readonly<Record<string, Shape>>): Shape {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is no object';
    const given = new Map<string, unknown>(Object.entries(value));
    const added = [...given.keys()].find((key) => !(key in fields));
    if (added !== undefined) return `${added} is a property too many`;
    for (const [key, shape] of Object.entries(fields)) {
      if (!given.has(key)) return `${key} is missing`;
      const fault = shape(given.get(key));
      if (fault !== null) return `${key}: ${fault}`;
    }
    return null;
  };
}

const row = {
  Id: guid,
  Status: oneOf(0, 1, 2, 3, 4, 5, 6),
  CurrentStepId: guid,
  StatusMessage: orNull(text),
  Definition: record({ Id: guid, DisplayName: orNull(text), Version: int32, WorkflowType: orNull(text) }),
  CurrentStepDisplayName: orNull(text),
  CurrentStepUniqueName: orNull(text),
  Title: orNull(text),
  LastModified: orNull(date),
  StartDate: date,
  ReferenceId: int64,
};

export const instanceRow = record(row);

export const instance = record({
  ...row,
  Signals: orNull(list(record({ SignalName: orNull(text), StepSignalId: guid, SignalReceived: flag }))),
  InitialData: orNull(map),
  CurrentStateData: orNull(map),
});

type Keys = 'key' | 'keys';

function summaryFields(major: number, keys: Keys): Readonly<Record<string, Shape>> {
  const named = { DisplayName: orNull(text), Value: orNull(text) };
  return {
    Id: guid,
    DisplayName: orNull(text),
    ...(keys === 'keys' ? { Keys: orNull(list(record(named))) } : { Key: orNull(text), KeyDisplayName: orNull(text) }),
    WorkflowType: orNull(text),
    DraftVersion: int32,
    PublishedVersion: orNull(int32),
    ...(major >= 25 ? { Enabled: flag } : {}),
  };
}

/** A definition in the list; `keys`: the endpoint's version 2. */
export function definitionRow(major: number, keys: Keys = 'key'): Shape {
  return record(summaryFields(major, keys));
}

export function definition(major: number, keys: Keys = 'key'): Shape {
  const roles = keys === 'keys' ? { Roles: list(record({ RoleId: int32, RoleName: text })) } : { RoleIds: list(int32) };
  const step = {
    Id: guid,
    DisplayName: orNull(text),
    UniqueName: orNull(text),
    ExtensionName: orNull(text),
    Enabled: flag,
    ConfigurationParameters: orNull(map),
    Signals: orNull(list(record({ SignalName: orNull(text), ...roles }))),
    Conditions: orNull(list(map)),
    Outputs: orNull(map),
  };
  return record({
    ...summaryFields(major, keys),
    Description: orNull(text),
    IsPublished: flag,
    Steps: orNull(list(record(step))),
  });
}

const availableStep = record({
  DisplayName: orNull(text),
  ExtensionName: orNull(text),
  Outputs: orNull(list(text)),
  ConfigurationParametersDefinition: orNull(map),
  SignalsDefinition: orNull(map),
});

export const definitionType = record({
  WorkflowType: orNull(text),
  KeyType: orNull(text),
  ContextParameters: orNull(list(text)),
  BuiltInSteps: orNull(list(availableStep)),
});

const authCertificate = record({
  IssuedDN: orNull(text),
  IssuerDN: orNull(text),
  Thumbprint: orNull(text),
  ExpirationDate: orNull(date),
});

const since11 = { AllowOneClickRenewals: flag, NewEndEntityOnRenewAndReissue: flag };

const since25 = {
  AgentName: orNull(text),
  AgentUsername: orNull(text),
  UseCAConnector: flag,
  ConnectorPool: orNull(text),
  TokenURL: orNull(text),
  ClientId: orNull(text),
  ClientSecret: nothing,
  Scope: orNull(text),
  Audience: orNull(text),
  CertificateCleanupEnabled: orNull(flag),
  TimeAfterExpiration: orNull(int32),
  TimeAfterExpirationUnits: orNull(int32),
  DeleteWithArchivedKey: orNull(flag),
  UseForEnrollment: flag,
};

/** Secrets come back blank. */
export function certificateAuthority(major: number): Shape {
  return record({
    Id: int32,
    LogicalName: orNull(text),
    HostName: orNull(text),
    Delegate: flag,
    DelegateEnrollment: flag,
    ForestRoot: orNull(text),
    ConfigurationTenant: orNull(text),
    Remote: flag,
    Agent: orNull(guid),
    Standalone: flag,
    MonitorThresholds: flag,
    IssuanceMax: orNull(int32),
    IssuanceMin: orNull(int32),
    DenialMax: orNull(int32),
    FailureMax: orNull(int32),
    RFCEnforcement: flag,
    Properties: orNull(text),
    AllowedEnrollmentTypes: major >= 25 ? oneOf(0, 1, 2, 4) : oneOf(1, 2, 3),
    KeyRetention: int32,
    KeyRetentionDays: orNull(int32),
    ExplicitCredentials: flag,
    SubscriberTerms: flag,
    ExplicitUser: orNull(text),
    ExplicitPassword: nothing,
    UseAllowedRequesters: flag,
    AllowedRequesters: orNull(list(text)),
    FullScan: orNull(map),
    IncrementalScan: orNull(map),
    ThresholdCheck: orNull(map),
    LastScan: orNull(text),
    CAType: oneOf(0, 1),
    AuthCertificate: orNull(authCertificate),
    EnforceUniqueDN: flag,
    ...(major >= 11 ? since11 : {}),
    ...(major >= 11 && major < 25 ? { CASyncScheduledTasks: orNull(list(map)) } : {}),
    ...(major >= 25 ? since25 : {}),
  });
}

export const caTest = record({ Success: flag, Message: orNull(text) });

export const caConnector = record({
  Id: int32,
  Name: orNull(text),
  Enabled: flag,
  PoolName: orNull(text),
  LastSeen: orNull(date),
  ClaimType: int32,
  ClaimValue: orNull(text),
  ProviderId: guid,
  ProviderName: orNull(text),
  Connected: flag,
  CAType: oneOf(0, 1),
});

export const auditEntry = record({
  Id: int32,
  Timestamp: date,
  Message: orNull(text),
  Signature: orNull(text),
  Category: int32,
  Operation: int32,
  Level: oneOf(0, 1, 2),
  User: orNull(text),
  EntityType: orNull(text),
  AuditIdentifier: orNull(text),
  ImmutableIdentifier: orNull(text),
});

export const endpoints = list(text);

const product = record({
  ProductId: orNull(text),
  DisplayName: orNull(text),
  MajorRev: orNull(text),
  MinorRev: orNull(text),
  LicensedFeatures: orNull(list(map)),
});

export const license = record({
  KeyfactorVersion: orNull(text),
  LicenseData: record({
    LicenseId: orNull(text),
    Customer: record({ Name: orNull(text), Id: orNull(text) }),
    IssuedDate: date,
    ExpirationDate: orNull(date),
    LicensedProducts: orNull(list(product)),
  }),
});

export const errorBody = record({
  ErrorCode: check('code', (value) => /^0xA0[0-9A-F]{6}$/.test(String(value))),
  Message: text,
});
