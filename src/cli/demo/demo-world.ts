import type { Config } from '../../config/schema.ts';
import { loadConfig } from '../../config/load-config.ts';
import { logLines, openDemoStore, readerOf } from '../../daemon/demo-parts.ts';
import type { DemoStore, Listener } from '../../daemon/demo-parts.ts';
import type { Reader } from '../../daemon/reader.ts';
import { startDaemon } from '../../daemon/start-daemon.ts';
import type { Daemon } from '../../daemon/start-daemon.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { startAlertReceiver } from './alert-receiver.ts';
import type { AlertReceiver } from './alert-receiver.ts';
import type { DemoPlan } from './demo-plan.ts';
import { createLeakWatch } from './leak-watch.ts';
import type { LeakWatch } from './leak-watch.ts';

/** Everything that runs during the demonstration. */
export interface DemoWorld {
  readonly config: Config;
  readonly store: DemoStore;
  readonly simulator: Simulator;
  readonly receiver: AlertReceiver;
  readonly daemons: readonly Daemon[];
  readonly reader: Reader;
  readonly leaks: LeakWatch;
  /** The instances that are Failed at the beginning. */
  readonly failedIds: readonly string[];
  /** Ends everything and leaves nothing behind. */
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly redisUrl: string | undefined;
  /** Hears what every replica tells. */
  readonly listenerFor: (replica: string) => Listener;
}

/** Starts everything on free ports; where one part does not start, the others are ended again. */
export async function startDemoWorld(plan: DemoPlan, options: WorldOptions): Promise<DemoWorld> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await startParts(plan, options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  plan: DemoPlan,
  { redisUrl, listenerFor }: WorldOptions,
  undo: (() => Promise<unknown>)[],
): Promise<Omit<DemoWorld, 'stop'>> {
  const store = await openDemoStore(redisUrl);
  undo.push(async () => store.stop());
  const simulator = await startSimulator({ scenario: plan.scenario });
  undo.push(async () => simulator.stop());
  const failedIds = simulator.control
    .truth()
    .instances.filter(({ status }) => status === 'Failed')
    .map(({ id }) => id);
  const receiver = await startAlertReceiver();
  undo.push(async () => receiver.stop());
  const config = configFor(plan, { store, simulator, receiver });
  const leaks = createLeakWatch(plan.planted);
  const daemons = Array.from({ length: plan.replicas }, (_, index) => {
    const replica = `replica-${index + 1}`;
    const listeners = [logLines(replica, (line) => leaks.look('log line', line)), listenerFor(replica)];
    return startDaemon({ config, role: 'all', redis: { url: store.url }, replica, listeners, isThrowaway: true });
  });
  undo.push(async () => Promise.all(daemons.map(async (daemon) => daemon.stop())));
  const [first] = daemons;
  if (first === undefined) throw new Error('replicas: allowed: a whole number from 1');
  return { config, store, simulator, receiver, daemons, reader: readerOf(first, config), leaks, failedIds };
}

/** The plan's settings, and where everything is. Nothing from the environment: a demonstration touches no real Command. */
function configFor(plan: DemoPlan, at: Pick<DemoWorld, 'store' | 'simulator' | 'receiver'>): Config {
  const [user] = plan.scenario.users ?? [];
  const [domain = '', username = ''] = user?.name.split('\\') ?? [];
  const overrides = {
    ...plan.settings,
    'redis.url': at.store.url,
    'redis.prefix': at.store.prefix,
    'command.url': new URL(at.simulator.url).origin,
    'command.auth.username': username,
    'command.auth.domain': domain,
    'command.auth.password': user?.password,
    'alerts.channels': [{ type: 'webhook', name: 'demo', url: at.receiver.url, events: ['alerts', 'recovered'] }],
  };
  return loadConfig({ env: {}, overrides, requirements: ['command'] }).config;
}
