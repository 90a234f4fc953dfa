import { listInstances, type ListRequest } from '../query/list-instances.ts';
import { asOf, removeInstances } from '../world/instance-changes.ts';
import type { Instance, User, World } from '../world/types.ts';
import { badArgument, forbidden, notFound } from './api-error.ts';
import { may } from './auth.ts';
import type { Answer, Exchange } from './exchange.ts';
import { renderInstance, renderRow } from './render.ts';
import { PERMISSIONS, type Route } from './routes.ts';

const { readInstances, readMine, readPending, manageInstances } = PERMISSIONS;

export function instanceRoutes(world: World): Route[] {
  return [
    {
      name: 'list',
      method: 'GET',
      path: 'Workflow/Instances',
      needs: [[readInstances]],
      answer: (exchange) => answerList(world, exchange, { prefix: 'pq' }),
    },
    {
      name: 'assigned',
      method: 'GET',
      path: 'Workflow/Instances/AssignedToMe',
      needs: [[readInstances, readPending]],
      answer: (exchange) =>
        answerList(world, exchange, { prefix: 'pq', only: (instance) => isAssigned(instance, exchange.user) }),
    },
    {
      name: 'my',
      method: 'GET',
      path: 'Workflow/Instances/My',
      needs: [[readInstances, readMine]],
      answer: (exchange) =>
        answerList(world, exchange, { prefix: 'instanceQuery', only: (instance) => isMine(instance, exchange.user) }),
    },
    {
      name: 'read',
      method: 'GET',
      path: 'Workflow/Instances/{id}',
      needs: [[readInstances, readMine, readPending]],
      answer: (exchange) => ({ status: 200, body: renderInstance(world, readInstance(world, exchange)) }),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: 'Workflow/Instances/{id}',
      needs: [[manageInstances]],
      answer(exchange) {
        removeInstances(world, [findInstance(world, exchange)]);
        return { status: 204 };
      },
    },
  ];
}

function answerList(
  world: World,
  { search, user, staleMs }: Exchange,
  list: Pick<ListRequest, 'prefix' | 'only'>,
): Answer {
  const { rows, total } = listInstances(world, { search, userName: user.name, staleMs, ...list });
  const headers: Record<string, string> = world.knobs.totalCount ? { 'x-total-count': String(total) } : {};
  return { status: 200, headers, body: rows.map((row) => renderRow(world, row)) };
}

/** @throws ApiError 400 for what is not a GUID, 404 for an instance that is not there */
export function findInstance(world: World, exchange: Exchange): Instance {
  const id = exchange.parameters['id'] ?? '';
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw badArgument(`The value '${id}' is not valid.`);
  const instance = world.instances.get(id);
  if (!instance || instance.visibleAt > world.clock.now()) throw notFound(`Workflow instance ${id} was not found.`);
  return instance;
}

/** Own and assigned instances can be read with a smaller permission. */
function readInstance(world: World, exchange: Exchange): Instance {
  const instance = findInstance(world, exchange);
  const { user } = exchange;
  const mayRead =
    may(user, readInstances) ||
    (isMine(instance, user) && may(user, readMine)) ||
    (isAssigned(instance, user) && may(user, readPending));
  if (!mayRead) throw forbidden(readInstances);
  const shown = asOf(instance, world.clock.now() - exchange.staleMs);
  if (!shown) throw notFound(`Workflow instance ${instance.id} was not found.`);
  return shown;
}

function isMine(instance: Instance, user: User): boolean {
  return instance.initiator.toLowerCase() === user.name.toLowerCase();
}

/** Suspended, and waiting for a signal that the caller's roles allow him to send. */
export function isAssigned(instance: Instance, user: User): boolean {
  const { status, signals } = instance.state;
  if (status !== 'Suspended') return false;
  return signals.some(({ isReceived, roles }) => !isReceived && roles.some((role) => user.roles.includes(role)));
}
