import type { Server } from 'node:http';
import { createSimulatorControl, type SimulatorControl } from './control/simulator-control.ts';
import { answerControl } from './control/control-routes.ts';
import { actionRoutes } from './http/action-routes.ts';
import { createAccess } from './http/auth.ts';
import { auditRoutes } from './http/audit-routes.ts';
import { caRoutes } from './http/ca-routes.ts';
import { definitionRoutes } from './http/definition-routes.ts';
import { createFaultPlan } from './http/fault-plan.ts';
import { instanceRoutes } from './http/instance-routes.ts';
import type { Route } from './http/routes.ts';
import { BASE_PATH, createHttpServer, TOKEN_PATH } from './http/server.ts';
import { statusRoutes } from './http/status-routes.ts';
import { completeScenario } from './scenario/complete-scenario.ts';
import type { ScenarioInput } from './scenario/schema.ts';
import { createClock } from './world/clock.ts';
import { createWorld } from './world/create-world.ts';
import type { World } from './world/types.ts';

export { SIMULATOR_HELP } from './help.ts';
export { parseScenario, ScenarioError } from './scenario/parse-scenario.ts';
export type { ScenarioInput } from './scenario/schema.ts';
export type { SimulatorControl, Truth } from './control/simulator-control.ts';

export interface SimulatorOptions {
  /** What it leaves out is the default world. */
  readonly scenario?: ScenarioInput;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Address to listen on. Default: 127.0.0.1; a container needs 0.0.0.0. */
  readonly host?: string;
  /** Fixes ids, titles and faults; wins over the scenario's own seed. */
  readonly seed?: number;
  /** Whether `/_control/…` answers over HTTP. Default: no. */
  readonly control?: boolean;
  readonly now?: () => number;
}

export interface Simulator {
  /** The base URL of the API. */
  readonly url: string;
  readonly port: number;
  readonly tokenUrl: string;
  readonly controlUrl: string | null;
  readonly about: {
    readonly version: string;
    readonly seed: number;
    readonly instances: number;
    readonly user: string;
  };
  /** Switches and ground truth for use in the same process. */
  readonly control: SimulatorControl;
  stop(): Promise<void>;
}

/**
 * Starts a simulated Command on the loopback interface.
 * @throws ScenarioError
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const scenario = completeScenario({
    ...options.scenario,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const { now = Date.now } = options;
  const skewMs = (scenario.clockSkewSeconds ?? 0) * 1000;
  const clock = createClock(() => now() + skewMs);
  const world = createWorld(scenario, clock);
  const access = createAccess(world.users, scenario.clients ?? [], () => clock.now());
  const faults = createFaultPlan(scenario.faults ?? [], world.seed, () => clock.now());
  const control = createSimulatorControl({ world, faults, access });
  const server = createHttpServer({
    world,
    access,
    faults,
    routes: allRoutes(world),
    control: options.control ? (method, path, body) => answerControl(control, { method, path, body }) : null,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const port = portOf(server);
  const origin = `http://127.0.0.1:${port}`;
  return {
    url: `${origin}${BASE_PATH}`,
    port,
    tokenUrl: `${origin}${TOKEN_PATH}`,
    about: {
      version: world.version,
      seed: world.seed,
      instances: world.instances.size,
      user: world.users[0]?.name ?? '',
    },
    controlUrl: options.control ? `${origin}/_control` : null,
    control,
    async stop() {
      clock.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator listens on no port');
  return address.port;
}

function allRoutes(world: World): Route[] {
  const routes: Route[] = [
    ...instanceRoutes(world),
    ...actionRoutes(world),
    ...definitionRoutes(world),
    ...caRoutes(world),
    ...auditRoutes(world),
  ];
  routes.push(...statusRoutes(world, () => routes));
  return routes;
}
