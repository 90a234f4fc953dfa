import { compileQuery, type Field } from '../query/compile-query.ts';
import { chooseSortField, readListParameters, type ListParameters } from '../query/list-parameters.ts';
import { findCa } from '../world/ca-calls.ts';
import { guidFrom } from '../world/random.ts';
import type { CertificateAuthority, DataMap, World } from '../world/types.ts';
import { readJson } from './action-routes.ts';
import { ApiError, badArgument, notFound } from './api-error.ts';
import { demand } from './auth.ts';
import type { Answer, Exchange } from './exchange.ts';
import { renderDate } from './render.ts';
import type { Route } from './routes.ts';

const READ = '/certificate_authorities/read/';

const CA_FIELDS: readonly Field<CertificateAuthority>[] = [
  { name: 'Agent', kind: 'text', get: () => null },
  { name: 'ConfigurationTenant', kind: 'text', get: ({ tenant }) => tenant },
  { name: 'ForestRoot', kind: 'text', get: ({ tenant }) => tenant },
  { name: 'HostName', kind: 'text', get: ({ host }) => host },
  { name: 'Id', kind: 'integer', get: ({ id }) => id },
  { name: 'LogicalName', kind: 'text', get: ({ name }) => name },
];

export function caRoutes(world: World): Route[] {
  return [
    {
      name: 'cas',
      method: 'GET',
      path: 'CertificateAuthority',
      handle(exchange) {
        demand(exchange.user, READ);
        return listItems(world, exchange, {
          prefix: 'pq',
          fields: CA_FIELDS,
          items: world.cas,
          render: (ca) => renderCa(world, ca),
        });
      },
    },
    {
      name: 'connectors',
      method: 'GET',
      path: 'CertificateAuthority/CAConnectors',
      handle(exchange) {
        demand(exchange.user, READ);
        return { status: 200, body: renderConnectors(world) };
      },
    },
    {
      name: 'ca',
      method: 'GET',
      path: 'CertificateAuthority/{id}',
      handle(exchange) {
        demand(exchange.user, READ);
        const ca = world.cas.find(({ id }) => String(id) === exchange.parameters['id']);
        if (!ca) throw notFound('The certificate authority was not found.');
        return { status: 200, body: renderCa(world, ca) };
      },
    },
    {
      name: 'caTest',
      method: 'POST',
      path: 'CertificateAuthority/Test',
      handle: (exchange) => testCa(world, exchange),
    },
  ];
}

/** 200 whether the CA answered or not (API reference, 7). */
async function testCa(world: World, exchange: Exchange): Promise<Answer> {
  demand(exchange.user, READ);
  const body = toFields(readJson(exchange.body));
  const ca = findTested(world, body);
  if (!ca) return verdict('The certificate authority could not be reached: no such certificate authority.');
  if (world.knobs.caTestSecrets === 'needed' && !hasSecrets(ca, body))
    return verdict('Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED))');
  const isUp = ca.test === 'real' ? ca.mode !== 'down' : ca.test === 'up';
  if (isUp) return { status: 200, body: { Success: true, Message: null } };
  return answerForDead(world, ca);
}

async function answerForDead(world: World, ca: CertificateAuthority): Promise<Answer> {
  const { caTestDead, caTestSlowMs } = world.knobs;
  if (caTestDead === 'hang') await new Promise(() => undefined);
  if (caTestDead === 'slow') await new Promise<void>((resolve) => world.clock.after(caTestSlowMs, resolve));
  if (caTestDead === 'http500') throw new ApiError(500, '0xA0010001', 'An unexpected error occurred.');
  return verdict(
    `Unable to connect to certificate authority ${ca.host}\\${ca.name}: The RPC server is unavailable. 0x800706ba`,
  );
}

function verdict(message: string): Answer {
  return { status: 200, body: { Success: false, Message: message } };
}

/** 10.x needs the whole record, later versions take the id (API reference, 7). */
function findTested(world: World, body: ReadonlyMap<string, unknown>): CertificateAuthority | undefined {
  const [id, name, host] = [body.get('id'), body.get('logicalname'), body.get('hostname')];
  const isOld = Number.parseInt(world.version, 10) < 11;
  if (isOld && (typeof name !== 'string' || typeof host !== 'string'))
    throw badArgument('LogicalName and HostName are required.');
  if (typeof name === 'string' && typeof host === 'string') return findCa(world, `${host}\\${name}`);
  if (typeof id !== 'number') throw badArgument('Id is required.');
  const ca = world.cas.find((one) => one.id === id);
  if (!ca) throw notFound(`Certificate authority ${id} was not found.`);
  return ca;
}

function hasSecrets(ca: CertificateAuthority, body: ReadonlyMap<string, unknown>): boolean {
  const has = (name: string) => body.get(name) !== undefined && body.get(name) !== null;
  if (!has('logicalname') || !has('hostname')) return false;
  if (ca.type === 'https') return has('authcertificate') || has('clientsecret');
  return !ca.explicitCredentials || has('explicitpassword');
}

function toFields(body: unknown): ReadonlyMap<string, unknown> {
  if (typeof body !== 'object' || body === null) throw badArgument('The request body is required.');
  return new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]));
}

function renderCa(world: World, ca: CertificateAuthority): DataMap {
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
    AllowedEnrollmentTypes: 3,
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
    CAType: ca.type === 'dcom' ? 0 : 1,
    AuthCertificate: ca.type === 'dcom' ? null : renderAuthCertificate(world),
    EnforceUniqueDN: false,
    ...(major >= 11
      ? { AllowOneClickRenewals: true, NewEndEntityOnRenewAndReissue: false, CASyncScheduledTasks: [] }
      : {}),
    ...(major >= 25 ? renderNewFields(ca) : {}),
  };
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
    UseForEnrollment: true,
  };
}

/** A heartbeat about every two minutes (API reference, 7); a dead CA's connector falls silent. */
function renderConnectors(world: World): DataMap[] {
  const now = world.clock.now();
  return world.cas
    .filter(({ connectorPool }) => connectorPool !== null)
    .map((ca) => ({
      Id: guidFrom(world.seed, `connector:${ca.name}`),
      Name: `${ca.name} connector`,
      PoolName: ca.connectorPool,
      Enabled: true,
      LastSeen: renderDate(now - ((now - world.startedAt) % 120_000), world.knobs),
    }));
}

interface ItemList<T> {
  readonly prefix: string;
  readonly fields: readonly Field<T>[];
  readonly items: readonly T[];
  readonly render: (item: T) => DataMap;
  readonly defaultSort?: string;
}

/** A list of something there is little of: query, order and page as everywhere. */
export function listItems<T>(world: World, exchange: Exchange, list: ItemList<T>): Answer {
  const { knobs } = world;
  const defaultSort = list.defaultSort ?? 'Id';
  const parameters = readListParameters(exchange.search, knobs, { prefix: list.prefix, defaultSort });
  const { get } = chooseSortField(parameters, list.fields, { knobs: { ...knobs, sortFields: 'all' }, defaultSort });
  const matches = compileQuery(parameters.query, list.fields, {
    knobs,
    now: world.clock.now(),
    userName: exchange.user.name,
  });
  const found = list.items.filter(matches).sort((a, b) => compareValues(get(a), get(b)));
  if (parameters.isDescending) found.reverse();
  return {
    status: 200,
    headers: knobs.totalCount ? { 'x-total-count': String(found.length) } : {},
    body: pageOf(found, parameters).map(list.render),
  };
}

function pageOf<T>(items: readonly T[], { page, limit }: ListParameters): readonly T[] {
  return items.slice((page - 1) * limit, page * limit);
}

function compareValues(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
