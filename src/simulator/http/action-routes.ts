import { receiveSignal } from '../world/engine.ts';
import { changeInstance } from '../world/instance-changes.ts';
import { checkRestart, commitRestart, untilSettled, type RestartAnswer } from '../world/restart.ts';
import { writeAudit } from '../world/audit-log.ts';
import type { Instance, World } from '../world/types.ts';
import { ApiError, badArgument, forbidden } from './api-error.ts';
import { demand } from './auth.ts';
import type { Answer, Exchange } from './exchange.ts';
import { findInstance, isAssigned } from './instance-routes.ts';
import type { Route } from './routes.ts';

const READ = '/workflows/instances/read/';
const MANAGE = '/workflows/instances/manage/';

export function actionRoutes(world: World): Route[] {
  return [
    {
      name: 'restart',
      method: 'POST',
      path: 'Workflow/Instances/{id}/Restart',
      handle: (exchange) => restart(world, exchange),
    },
    { name: 'stop', method: 'POST', path: 'Workflow/Instances/{id}/Stop', handle: (exchange) => stop(world, exchange) },
    {
      name: 'signals',
      method: 'POST',
      path: 'Workflow/Instances/{id}/Signals',
      handle: (exchange) => signal(world, exchange),
    },
  ];
}

async function restart(world: World, exchange: Exchange): Promise<Answer> {
  const { user, restart: record } = exchange;
  demand(user, MANAGE);
  demand(user, READ);
  const version = readVersion(world, exchange);
  if (record) record.version = version;
  const instance = findInstance(world, exchange);
  const refusal = checkRestart(world, instance, {
    user: user.name,
    version,
    othersInFlight: instance.restartsInFlight,
  });
  if (refusal !== 'ok') throw refused(world, instance, { type: refusal });

  instance.restartsInFlight += 1;
  try {
    const { restartMs, restartCommit } = world.knobs;
    if (typeof restartMs === 'number' && restartCommit === 'end') await pause(world, restartMs);
    const answer = commitRestart(world, instance, {
      user: user.name,
      version,
      othersInFlight: instance.restartsInFlight - 1,
    });
    if (answer.type !== 'restarted') throw refused(world, instance, answer);
    if (record) Object.assign(record, { tookEffect: true, newId: answer.successor.id });
    if (restartMs === 'run') await untilSettled(world, answer.successor);
    else if (restartCommit === 'start') await pause(world, restartMs);
    return { status: 204 };
  } finally {
    instance.restartsInFlight -= 1;
  }
}

function refused(world: World, instance: Instance, answer: Exclude<RestartAnswer, { type: 'restarted' }>): ApiError {
  if (answer.type === 'no-version') return badArgument('The workflow definition version is not published.');
  const message = `Workflow instance ${instance.id} cannot be restarted in its current state.`;
  return new ApiError(Number(world.knobs.wrongState), '0xA0110015', message);
}

/** The manual puts the version in the body, the OpenAPI documents in the query (API reference, 5). */
function readVersion(world: World, exchange: Exchange): number | null {
  const { versionIn } = world.knobs;
  const query = [...exchange.search].find(([name]) => name.toLowerCase() === 'version')?.[1];
  const given = versionIn === 'body' ? undefined : query;
  const body = versionIn === 'query' ? undefined : versionInBody(exchange.body);
  const version = given === undefined || given === '' ? body : given;
  if (version === undefined || version === null) return null;
  const number = Number(version);
  if (!Number.isInteger(number) || number < 1)
    throw badArgument(`The value '${JSON.stringify(version)}' is not valid for version.`);
  return number;
}

function versionInBody(body: string): unknown {
  if (body.trim() === '') return undefined;
  const parsed = readJson(body);
  if (typeof parsed === 'number') return parsed;
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  return Object.entries(parsed).find(([name]) => name.toLowerCase() === 'version')?.[1];
}

function stop(world: World, exchange: Exchange): Answer {
  demand(exchange.user, MANAGE);
  const instance = findInstance(world, exchange);
  if (instance.state.status !== 'Suspended')
    throw new ApiError(
      Number(world.knobs.wrongState),
      '0xA0110015',
      'Only suspended workflow instances can be stopped.',
    );
  stopInstance(world, instance, exchange.user.name);
  return { status: 204 };
}

/** Stop rejects the instance (API reference, 5). */
export function stopInstance(world: World, instance: Instance, user: string): void {
  instance.cancelTimer();
  changeInstance(world, instance, { status: 'Rejected', message: `Stopped by ${user}.` });
  if (world.knobs.audit !== 'none') writeAudit(world, { operation: 'Rejected', instance, user });
}

function signal(world: World, exchange: Exchange): Answer {
  const instance = findInstance(world, exchange);
  const body = readJson(exchange.body);
  const key = property(body, 'signalkey');
  if (typeof key !== 'string') throw badArgument('SignalKey is required.');
  const waiting = instance.state.signals.find(
    ({ stepUniqueName, name, isReceived }) =>
      !isReceived && `${stepUniqueName}.${name}`.toLowerCase() === key.toLowerCase(),
  );
  if (instance.state.status !== 'Suspended' || !waiting)
    throw badArgument(`Workflow instance is not waiting for signal ${key}.`);
  if (!isAssigned(instance, exchange)) throw forbidden('signal role of the step');
  receiveSignal(world, instance, isApproval(property(body, 'data')));
  return { status: 204 };
}

function isApproval(data: unknown): boolean {
  const approved = property(data, 'approved');
  return approved === true || (typeof approved === 'string' && approved.toLowerCase() === 'true');
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** @throws ApiError 400 */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw badArgument('The request body is not valid JSON.');
  }
}

function pause(world: World, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => world.clock.after(ms, resolve));
}
