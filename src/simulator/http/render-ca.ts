import { guidFrom } from '../world/random.ts';
import type { CertificateAuthority, DataMap, World } from '../world/types.ts';
import { renderDate } from './render.ts';

/** A certificate authority with the fields of this product version; secrets stay blank (API reference, 7). */
export function renderCa(world: World, ca: CertificateAuthority): DataMap {
  const major = Number.parseInt(world.version, 10);
  return {
    Id: ca.id,
    LogicalName: ca.name,
    HostName: ca.host,
    Delegate: false,
    DelegateEnrollment: false,
    ForestRoot: ca.tenant,
    ConfigurationTenant: ca.tenant,
    Remote: false,
    Agent: null,
    Standalone: false,
    MonitorThresholds: false,
    IssuanceMax: null,
    IssuanceMin: null,
    DenialMax: null,
    FailureMax: null,
    RFCEnforcement: false,
    Properties: '{}',
    // A set of flags; 25 names single ones only, and generated clients refuse any other number.
    AllowedEnrollmentTypes: major >= 25 ? 2 : 3,
    KeyRetention: 0,
    KeyRetentionDays: null,
    ExplicitCredentials: ca.explicitCredentials,
    SubscriberTerms: false,
    ExplicitUser: ca.explicitCredentials ? 'KEYEXAMPLE\\svc_ca' : null,
    ExplicitPassword: null,
    UseAllowedRequesters: false,
    AllowedRequesters: [],
    FullScan: null,
    IncrementalScan: null,
    ThresholdCheck: null,
    LastScan: renderDate(world.startedAt, world.knobs),
    CAType: caTypeOf(ca),
    AuthCertificate: ca.type === 'dcom' ? null : renderAuthCertificate(world),
    EnforceUniqueDN: false,
    ...(major >= 11 ? { AllowOneClickRenewals: true, NewEndEntityOnRenewAndReissue: false } : {}),
    ...(major >= 11 && major < 25 ? { CASyncScheduledTasks: [] } : {}),
    ...(major >= 25 ? renderNewFields(ca) : {}),
  };
}

function caTypeOf({ type }: CertificateAuthority): number {
  return type === 'dcom' ? 0 : 1;
}

function renderAuthCertificate(world: World): DataMap {
  return {
    IssuedDN: 'CN=keyfactor-client',
    IssuerDN: 'CN=ManagementCA',
    Thumbprint: '0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C',
    ExpirationDate: renderDate(world.startedAt + 31_536_000_000, world.knobs),
  };
}

function renderNewFields(ca: CertificateAuthority): DataMap {
  return {
    AgentName: null,
    AgentUsername: null,
    UseCAConnector: ca.connectorPool !== null,
    ConnectorPool: ca.connectorPool,
    TokenURL: null,
    ClientId: null,
    ClientSecret: null,
    Scope: null,
    Audience: null,
    CertificateCleanupEnabled: null,
    TimeAfterExpiration: null,
    TimeAfterExpirationUnits: null,
    DeleteWithArchivedKey: null,
    UseForEnrollment: true,
  };
}

/** A heartbeat about every two minutes (API reference, 7); a dead CA's connector falls silent. */
export function renderConnectors(world: World): DataMap[] {
  const now = world.clock.now();
  return world.cas
    .filter(({ connectorPool }) => connectorPool !== null)
    .map((ca, index) => ({
      Id: index + 1,
      Name: `${ca.name} connector`,
      Enabled: true,
      PoolName: ca.connectorPool,
      LastSeen: renderDate(now - ((now - world.startedAt) % 120_000), world.knobs),
      ClaimType: 3,
      ClaimValue: `svc-connector-${index + 1}`,
      ProviderId: guidFrom(world.seed, 'identity provider'),
      ProviderName: 'Keycloak',
      Connected: ca.mode !== 'down',
      CAType: caTypeOf(ca),
    }));
}
