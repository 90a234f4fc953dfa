import { startAlertSink } from '../support/alert-sink.ts';
import { startWorld, until } from '../support/world.ts';

const OLD = 1500;
const PAGE = 100;

const SCENARIO = `
instances:
  - { definition: Web Server Enrollment, status: Failed, count: ${OLD}, age: 2d, spread: 10d }
traffic: { perSecond: 0 }
`;

const probe = await startWorld('instances: []');
const suite = probe === null ? describe.skip : describe;
await probe?.stop();

suite('the first meeting with a server full of old failures', () => {
  test('parks them with few calls and one alert, works what is fresh meanwhile, and adopts in bounded lots', async () => {
    const sink = await startAlertSink();
    const world = await startWorld(SCENARIO, {
      settings: {
        'command.pageSize': PAGE,
        'poll.fullScan': '10m',
        'alerts.groupWait': '5s',
        'alerts.channels': JSON.stringify([{ type: 'webhook', url: sink.url }]),
      },
    });
    if (world === null) throw new Error('no Redis');
    try {
      const { control } = world.simulator;
      const requests = (name: string): number => control.summary().requests[name] ?? 0;
      const history = async (): Promise<number> =>
        (await world.json<{ history: number }>(['status', '--json'])).history;
      const replica = world.startReplica();
      await until(
        () => replica.log(),
        (log) => log.includes('failure found'),
      );
      const fresh = control.makeInstances({ definition: 'Web Server Enrollment', status: 'Failed', count: 3 });
      await until(
        async () => (await world.records()).filter(({ holdCause }) => holdCause === 'history').length,
        (count) => count >= OLD,
      );
      const sweeps = (): number => requests('list') - OLD / PAGE;
      await until(
        () =>
          control
            .truth()
            .restarts.filter(({ tookEffect }) => tookEffect)
            .map(({ instanceId }) => instanceId),
        (restarted) => fresh.every((id) => restarted.includes(id)),
      );
      const reads = requests('read');
      const before = requests('list');
      await new Promise((resolve) => setTimeout(resolve, 5000)); // ten intervals: one list each
      const idle = requests('list') - before;
      const unasked = control.truth().restarts.length - fresh.length;
      const posts = await sink.untilAccepted(1);
      const adopted = await world.json(['adopt', '--since', '30d', '--limit', '10', '--json']);
      const left = await history();

      expect(sweeps()).toBeGreaterThan(0);
      expect(reads).toBeLessThan(30);
      expect(idle).toBeLessThanOrEqual(20);
      expect(unasked).toBe(0);
      expect(posts.map(({ cause, status, count }) => ({ cause, status, count }))).toEqual([
        { cause: 'history', status: 'firing', count: OLD },
      ]);
      expect(posts[0]?.['summary']).toMatch(/1500 failures .* 2 d to 1[12] d old .*adopt --since 1[23]d --limit/s);
      expect(adopted).toEqual({ parked: OLD, chosen: 10, adopted: 10 });
      expect(left).toBe(OLD - 10);
    } finally {
      await world.stop();
      await sink.stop();
    }
  }, 110_000);
});
