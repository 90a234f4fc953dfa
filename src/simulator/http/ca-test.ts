import { findCa } from '../world/ca-calls.ts';
import { count } from '../world/truth.ts';
import type { CertificateAuthority, World } from '../world/types.ts';
import { ApiError, badArgument, notFound } from './api-error.ts';
import type { Answer } from './exchange.ts';
import { readJson } from './json-body.ts';

/** 200 whether the CA answered or not (API reference, 7). */
export async function testCa(world: World, text: string): Promise<Answer> {
  const body = toFields(readJson(text));
  const ca = findTested(world, body);
  if (!ca) return verdict('The certificate authority could not be reached: no such certificate authority.');
  count(world.truth.requests, `caTest ${ca.label}`);
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
