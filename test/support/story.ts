import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../simulation/random.ts';
import type { Random } from '../simulation/random.ts';
import type { TestRedisOptions } from './redis.ts';
import type { Program, Settings, World } from './world.ts';
import { startWorld, until } from './world.ts';

/** The CA and the definition that stories are about. */
export const CA = 'Corp Issuing CA 1';
export const DEFINITION = 'Web Server Enrollment';

/** Stands in every open intent, and so in the commit that asks at the door. */
export const DOOR = 'the request is under way';

export interface StoryOptions extends TestRedisOptions {
  /** Default: no instances. */
  readonly scenario?: string;
  readonly settings?: Settings;
  readonly limitMs?: number;
}

const isRedisHere = spawnSync('redis-server', ['--version']).status === 0;

/** Beyond it a story has failed. */
const STORY_LIMIT_MS = 150_000;

/**
 * A test with a world of its own: a Redis that keeps what it is given, the simulated Command, replicas as processes. Skipped
 * where there is no Redis. Where it fails, the logs of all processes are kept and their folder is named.
 */
export function story(title: string, options: StoryOptions, tell: (world: World) => Promise<void>): void {
  const { scenario = 'instances: []', settings = {}, limitMs = STORY_LIMIT_MS, ...redis } = options;
  (isRedisHere ? test : test.skip)(
    title,
    async () => {
      const oldRow = { 'command.oldRow': 'leaves' };
      const world = await startWorld(scenario, { isDurable: true, ...redis, settings: { ...oldRow, ...settings } });
      if (world === null) throw new Error('redis-server does not start');
      try {
        await tell(world);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : String(error)}; logs: ${keepLogs(world)}`, {
          cause: error,
        });
      } finally {
        await world.stop();
      }
    },
    limitMs,
  );
}

function keepLogs(world: World): string {
  const folder = mkdtempSync(join(tmpdir(), 'remediator-story-'));
  for (const [index, program] of world.programs().entries()) {
    writeFileSync(join(folder, `${index}-${program.child.spawnargs.slice(2, 4).join('-')}.log`), program.log());
  }
  writeFileSync(join(folder, 'truth.json'), JSON.stringify(world.simulator.control.truth(), null, 1));
  return folder;
}

/** Replicas with these settings that work and have swept, so that what fails from now on is watched. */
export async function startWatching(
  world: World,
  first: Settings = {},
  ...others: readonly Settings[]
): Promise<[Program, ...Program[]]> {
  const leader = await world.startWorking(first);
  const replicas = await Promise.all(others.map(async (settings) => world.startWorking(settings)));
  const listed = (): number => world.simulator.control.summary().requests['list'] ?? 0;
  const before = listed();
  await until(listed, (count) => count >= before + 3);
  return [leader, ...replicas];
}

/** New failures of the usual definition behind the usual CA; answers their ids. */
export function fail(world: World, count: number, more: Record<string, unknown> = {}): readonly string[] {
  return world.simulator.control.makeInstances({ definition: DEFINITION, ca: CA, status: 'Failed', count, ...more });
}

/** Waits until so many restarts took effect, counted from the beginning. */
export async function untilRestarted(world: World, count: number, limitMs = 60_000): Promise<void> {
  await until(
    () => world.simulator.control.summary().restarts.tookEffect,
    (seen) => seen >= count,
    limitMs,
  );
}

/** The same faults in every run of a test; another seed (STORY_SEED) gives others. */
export function seededRandom(): Random {
  return createRandom(Number(process.env['STORY_SEED'] ?? 1));
}

/** Lets so much time of the story pass: only where a fault must last, never to wait for an effect. */
export async function lasting(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
