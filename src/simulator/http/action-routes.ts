import { receiveSignal } from '../world/engine.ts';
import { checkRestart, commitRestart, stopInstance, untilSettled, type RestartAnswer } from '../world/restart.ts';
import type { Instance, World } from '../world/types.ts';
import { ApiError, badArgument, forbidden } from './api-error.ts';
import type { Answer, Exchange } from './exchange.ts';
import { findInstance, isAssigned } from './instance-routes.ts';
import { propertyOf, readJson } from './json-body.ts';
import { PERMISSIONS, type Route } from './routes.ts';

export function actionRoutes(world: World): Route[] {
  return [
    {
      name: 'restart',
      method: 'POST',
      path: 'Workflow/Instances/{id}/Restart',
      needs: [[PERMISSIONS.manageInstances], [PERMISSIONS.readInstances]],
      answer: (exchange) => restart(world, exchange),
    },
    {
      name: 'stop',
      method: 'POST',
      path: 'Workflow/Instances/{id}/Stop',
      needs: [[PERMISSIONS.manageInstances]],
      answer: (exchange) => stop(world, exchange),
    },
    {
      name: 'signals',
      method: 'POST',
      path: 'Workflow/Instances/{id}/Signals',
      // Whoever has a role that the step names may send its signal (API reference, 5).
      needs: [],
      answer: (exchange) => signal(world, exchange),
    },
  ];
}

async function restart(world: World, exchange: Exchange): Promise<Answer> {
  const { user, restart: record } = exchange;
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
  return typeof parsed === 'number' ? parsed : propertyOf(parsed, 'version');
}

function stop(world: World, exchange: Exchange): Answer {
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

function signal(world: World, exchange: Exchange): Answer {
  const instance = findInstance(world, exchange);
  const body = readJson(exchange.body);
  const key = propertyOf(body, 'SignalKey');
  if (typeof key !== 'string') throw badArgument('SignalKey is required.');
  const waiting = instance.state.signals.find(
    ({ stepUniqueName, name, isReceived }) =>
      !isReceived && `${stepUniqueName}.${name}`.toLowerCase() === key.toLowerCase(),
  );
  if (instance.state.status !== 'Suspended' || !waiting)
    throw badArgument(`Workflow instance is not waiting for signal ${key}.`);
  if (!isAssigned(instance, exchange.user)) throw forbidden('signal role of the step');
  receiveSignal(world, instance, isApproval(propertyOf(body, 'Data')));
  return { status: 204 };
}

function isApproval(data: unknown): boolean {
  const approved = propertyOf(data, 'Approved');
  return approved === true || (typeof approved === 'string' && approved.toLowerCase() === 'true');
}

function pause(world: World, ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => world.clock.after(ms, resolve));
}
