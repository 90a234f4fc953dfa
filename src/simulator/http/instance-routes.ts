import { listInstances } from '../query/list-instances.ts';
import { asOf, removeInstances } from '../world/instance-changes.ts';
import type { Predicate } from '../query/compile-query.ts';
import type { Instance, World } from '../world/types.ts';
import { badArgument, notFound } from './api-error.ts';
import { demand, may } from './auth.ts';
import type { Answer, Exchange } from './exchange.ts';
import { renderInstance, renderRow } from './render.ts';
import type { Route } from './routes.ts';

const READ = '/workflows/instances/read/';
const READ_MINE = '/workflows/instances/read/mine/';
const READ_PENDING = '/workflows/instances/read/pending/';
const MANAGE = '/workflows/instances/manage/';

export function instanceRoutes(world: World): Route[] {
  const list = (exchange: Exchange, prefix: string, only?: Predicate<Instance>): Answer => {
    const { search, user, staleMs } = exchange;
    const found = listInstances(world, { search, prefix, userName: user.name, staleMs, ...(only ? { only } : {}) });
    const headers: Record<string, string> = world.knobs.totalCount ? { 'x-total-count': String(found.total) } : {};
    return { status: 200, headers, body: found.rows.map((row) => renderRow(world, row)) };
  };
  return [
    {
      name: 'list',
      method: 'GET',
      path: 'Workflow/Instances',
      handle(exchange) {
        demand(exchange.user, READ);
        return list(exchange, 'pq');
      },
    },
    {
      name: 'assigned',
      method: 'GET',
      path: 'Workflow/Instances/AssignedToMe',
      handle(exchange) {
        demand(exchange.user, READ, READ_PENDING);
        return list(exchange, 'pq', (instance) => isAssigned(instance, exchange));
      },
    },
    {
      name: 'my',
      method: 'GET',
      path: 'Workflow/Instances/My',
      handle(exchange) {
        demand(exchange.user, READ, READ_MINE);
        return list(exchange, 'instanceQuery', (instance) => isMine(instance, exchange));
      },
    },
    {
      name: 'read',
      method: 'GET',
      path: 'Workflow/Instances/{id}',
      handle: (exchange) => ({ status: 200, body: renderInstance(world, readInstance(world, exchange)) }),
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: 'Workflow/Instances/{id}',
      handle(exchange) {
        demand(exchange.user, MANAGE);
        removeInstances(world, [findInstance(world, exchange)]);
        return { status: 204 };
      },
    },
  ];
}

/** @throws ApiError 400 for what is not a GUID, 404 for an instance that is not there */
export function findInstance(world: World, exchange: Exchange): Instance {
  const id = exchange.parameters['id'] ?? '';
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw badArgument(`The value '${id}' is not valid.`);
  const instance = world.instances.get(id);
  if (!instance || instance.visibleAt > world.clock.now()) throw notFound(`Workflow instance ${id} was not found.`);
  return instance;
}

function readInstance(world: World, exchange: Exchange): Instance {
  const instance = findInstance(world, exchange);
  const { user } = exchange;
  const mayRead = may(user, READ) || (isMine(instance, exchange) && may(user, READ_MINE));
  if (!mayRead && !isAssigned(instance, exchange)) demand(user, READ);
  if (!mayRead) demand(user, READ, READ_PENDING);
  const shown = asOf(instance, world.clock.now() - exchange.staleMs);
  if (!shown) throw notFound(`Workflow instance ${instance.id} was not found.`);
  return shown;
}

function isMine(instance: Instance, { user }: Exchange): boolean {
  return instance.initiator.toLowerCase() === user.name.toLowerCase();
}

/** Suspended, and waiting for a signal that the caller's roles allow him to send. */
export function isAssigned(instance: Instance, { user }: Exchange): boolean {
  const { status, signals } = instance.state;
  if (status !== 'Suspended') return false;
  return signals.some(({ isReceived, roles }) => !isReceived && roles.some((role) => user.roles.includes(role)));
}
