import { causeOf } from '../core/alert-key.ts';
import { isDue } from '../core/alert-state.ts';
import type { AlertBook } from '../core/alert-state.ts';
import { downKey } from '../core/desired-alerts.ts';
import type { AlertFacts, AlertGroup, WaitedFor } from '../core/desired-alerts.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import { INSTANCES_LIMIT } from '../core/long-wait.ts';
import { openConditions } from './open-conditions.ts';
import type { AlertParts } from './parts.ts';
import { watchLongWaits } from './watch-long-waits.ts';

/** The groups as last read, and the counts they were read with. */
export interface KnownGroups {
  readonly signature: string;
  readonly at: Time;
  readonly tookMs: number;
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** More remediations than this are not listed anew on every look: so rarely where their counts stand still. */
const LIST_ALWAYS = 5000;
const LIST_EVERY_MS = 60_000;

/** Where the counts move, listing them takes at most one part in twenty of the time. */
const IDLE_FACTOR = 20;

/** How many records of a group are read before people are told of it; of the history more, to tell its ages. */
const HISTORY_SAMPLE = 1000;

/** Reads the groups, or answers with what is known where they are many and were read a moment ago. */
export async function gatherGroups(known: KnownGroups | null, { store, now }: AlertParts): Promise<KnownGroups> {
  const { phases, outcomes } = await store.counts();
  const counts = [phases.held, outcomes.exhausted, outcomes.refused];
  const signature = counts.join(' ');
  const isMany = counts.reduce((sum, count) => sum + count, 0) > LIST_ALWAYS;
  const at = now();
  if (isMany && known !== null && at - known.at < pauseMs(known, signature)) return known;
  const groups = await store.alertGroups();
  return { signature, at, tookMs: now() - at, groups };
}

function pauseMs({ signature, tookMs }: KnownGroups, latest: string): number {
  return signature === latest ? LIST_EVERY_MS : Math.min(LIST_EVERY_MS, tookMs * IDLE_FACTOR);
}

/** Everything that decides which alerts should be firing. */
export async function gatherAlertFacts(
  book: AlertBook,
  { groups }: KnownGroups,
  parts: AlertParts,
): Promise<AlertFacts> {
  const dependencies = await gatherDependencies(book, parts);
  const isCounted = await isHistoryCounted(parts);
  const told = [...groups].filter(([key]) => isCounted || causeOf(key) !== 'history' || book.states[key] !== undefined);
  return {
    now: parts.now(),
    groups: await Promise.all(told.map(async ([key, roots]) => gatherGroup(key, roots, book, parts))),
    dependencies,
    caCount: await countAuthorities(dependencies, parts),
    longWaits: await watchLongWaits(parts),
    conditions: await openConditions(parts),
    brake: await parts.ledger.braked(),
    known: book.states,
  };
}

/** The first scan lists the history; should it not come to its end, what was found by then is told. */
const FIRST_SCAN_MS = 10 * 60_000;

/** False while the first scan of an empty store is under way: the one alert about history tells the whole count. */
async function isHistoryCounted({ ledger, now }: AlertParts): Promise<boolean> {
  const feed = await ledger.read<Feed>(FEED);
  return feed === null || feed.scannedAt !== null || now() - feed.startedAt > FIRST_SCAN_MS;
}

/** Records are read only where something may have to be said. */
async function gatherGroup(
  key: string,
  roots: readonly string[],
  { states }: AlertBook,
  { store, policy, now }: AlertParts,
): Promise<AlertGroup> {
  const state = states[key];
  const isHistory = causeOf(key) === 'history';
  const told = { count: roots.length, firstAt: state?.firstAt ?? 0, isGrowing: !isHistory };
  if (state !== undefined && !isDue(state, told, now(), policy)) return { key, roots, records: null };
  const sample = roots.slice(0, isHistory ? HISTORY_SAMPLE : INSTANCES_LIMIT);
  return { key, roots, records: await store.loadMany(sample) };
}

/** Those somebody waits for, and those that people were told about. */
async function gatherDependencies({ states }: AlertBook, { gates }: AlertParts): Promise<readonly WaitedFor[]> {
  const [names, rooms] = await Promise.all([gates.names(), gates.rooms()]);
  const wanted = new Set(rooms);
  const looked = names.filter((name) => wanted.has(name) || states[downKey({ name })] !== undefined);
  const views = await gates.view(looked.map((name) => ({ name, kind: 'ca' })));
  return Promise.all(
    views.map(async ({ dependency, waiting }) => {
      const waiters = dependency.isDown ? await gates.waiters(dependency.name, INSTANCES_LIMIT) : [];
      return { dependency, waiting, roots: waiters.map(({ rootInstanceId }) => rootInstanceId) };
    }),
  );
}

/** Asked only where several are down. */
async function countAuthorities(dependencies: readonly WaitedFor[], { gates }: AlertParts): Promise<number> {
  const down = dependencies.filter(({ dependency }) => dependency.isDown).length;
  if (down < 2) return down;
  const views = await gates.view((await gates.names()).map((name) => ({ name, kind: 'ca' })));
  return views.filter(({ dependency }) => dependency.kind === 'ca' && dependency.lastGoodAt !== null).length;
}
