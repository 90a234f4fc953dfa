import { RedisArchive } from '../../src/adapters/redis/archive.ts';
import { RedisJournal } from '../../src/adapters/redis/journal.ts';
import type { Keys } from '../../src/adapters/redis/keys.ts';
import { RedisLedger } from '../../src/adapters/redis/ledger.ts';
import { RedisRemediationStore } from '../../src/adapters/redis/remediation-store.ts';
import { RedisSightings } from '../../src/adapters/redis/sightings.ts';
import type { Decision } from '../../src/core/decision.ts';
import { AppError } from '../../src/core/errors.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { isUnsettled } from '../../src/core/unsettled.ts';
import { adoptHistory } from '../../src/remediation/adopt-history.ts';
import { applyDecision } from '../../src/remediation/apply-decision.ts';
import type { DecisionParts } from '../../src/remediation/apply-decision.ts';
import { resumeWork } from '../../src/remediation/wake-waiting.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { guid } from '../support/builders.ts';
import type { MemoryKv } from '../support/memory-kv.ts';
import type { DecisionBook, Said } from './decisions.ts';
import type { History } from './history.ts';
import type { Machine } from './machine.ts';
import type { Plan } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { CommandServer } from './server.ts';
import type { StoreClient } from './store-client.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Where a person decides: a command line of its own, or a replica's HTTP. */
export interface Desk {
  readonly machine: Machine;
  readonly parts: DecisionParts & { readonly ledger: Ledger };
}

export interface DeciderParts {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly history: History;
  readonly server: CommandServer;
  readonly memory: MemoryKv;
  readonly keys: Keys;
  readonly book: DecisionBook;
  /** A replica that lives, as HTTP serves it; null: none. */
  readonly pickReplica: () => Desk | null;
  readonly openCommandLine: (name: string) => { readonly machine: Machine; readonly kv: StoreClient };
  readonly onFailure: (who: string, error: Error) => void;
  readonly onResumed: (at: number) => void;
  readonly onSaid: (said: Said) => void;
}

/** People decide about the records of the daemon at random times, through what CLI and HTTP call, and often wrongly. */
export function peopleDecide(parts: DeciderParts): void {
  const { plan, scheduler, random } = parts;
  const { decisions } = plan;
  if (decisions === null) return;
  const anyTime = (): number => random.between(2 * MINUTE, plan.faultsMs - MINUTE);
  for (let number = 1; number <= decisions.count; number++)
    scheduler.after(anyTime(), () => decideOnce(`p${number}`, parts));
  for (let number = 1; number <= decisions.pauses; number++)
    scheduler.after(anyTime(), () => pauseOnce(`pause${number}`, parts));
  // Whatever somebody paused, or the brake stopped: in the end somebody looks and resumes.
  const resumeAll = (who: string) => (): void => atDesk(who, parts, async (desk) => resume(desk, parts), true);
  scheduler.after(plan.faultsMs + SECOND, resumeAll('last'));
  // A replica that slept may still carry out what it was told before.
  scheduler.after(plan.faultsMs + 30 * MINUTE, resumeAll('very last'));
}

/* ---------- desks ---------- */

function atDesk(
  who: string,
  parts: DeciderParts,
  work: (desk: Desk) => Promise<void>,
  isCommandLine = parts.random.chance(0.6),
): void {
  const desk = isCommandLine ? null : parts.pickReplica();
  const run = async (): Promise<void> => {
    try {
      await work(desk ?? (await openDesk(who, parts)));
    } catch (error) {
      if (!(error instanceof AppError)) parts.onFailure(who, error as Error);
      else parts.history.note(`${who} gets an error: ${error.message}`);
    }
  };
  if (desk === null) void run();
  else desk.machine.deliver(() => void run());
}

async function openDesk(who: string, parts: DeciderParts): Promise<Desk> {
  const { machine, kv } = parts.openCommandLine(`cli ${who}`);
  const { keys } = parts;
  const store = new RedisRemediationStore(kv, keys);
  await kv.attach();
  await kv.commit([], []);
  const journal = new RedisJournal(kv, keys, 'command line');
  const sightings = new RedisSightings(kv, keys);
  const archive = new RedisArchive(kv, keys);
  return {
    machine,
    parts: { store, archive, journal, sightings, ledger: new RedisLedger(kv, keys), now: () => kv.now() },
  };
}

/* ---------- the switch ---------- */

function pauseOnce(who: string, parts: DeciderParts): void {
  const { scheduler, random, history, plan } = parts;
  const forMs = random.chance(0.4) ? random.between(MINUTE, 6 * 60 * MINUTE) : null;
  atDesk(who, parts, async (desk) => {
    const since = desk.parts.now();
    history.note(`${who}: pause${forMs === null ? '' : ` for ${Math.round(forMs / MINUTE)} min`}`);
    const until = forMs === null ? null : since + forMs;
    await desk.parts.ledger.pause({ reason: 'patch night', by: who, since, until });
  });
  if (random.chance(0.8))
    scheduler.after(random.between(SECOND, plan.faultsMs / 4), () =>
      atDesk(`${who}'`, parts, async (desk) => resume(desk, parts)),
    );
}

async function resume(desk: Desk, { history, scheduler, onResumed }: DeciderParts): Promise<void> {
  history.note(`${desk.machine.name}: resume`);
  const woken = await resumeWork(desk.machine.name, desk.parts);
  history.note(`${desk.machine.name}: resumed, ${woken} waited for it`);
  onResumed(scheduler.now());
}

/* ---------- decisions ---------- */

function records({ memory, keys }: DeciderParts): readonly Remediation[] {
  const roots = new Set(memory.hashes.get(keys.instances)?.values() ?? []);
  return [...roots].flatMap((root) => peek(root, memory, keys) ?? []);
}

/** The record of this id as it stands in the store at this moment. */
export function peek(id: string, memory: MemoryKv, keys: Keys): Remediation | null {
  const root = memory.hashes.get(keys.instances)?.get(id);
  const doc = root === undefined ? undefined : memory.hashes.get(keys.remediation(root))?.get('doc');
  return doc === undefined ? null : (JSON.parse(doc) as Remediation);
}

function decideOnce(who: string, parts: DeciderParts): void {
  const { random, scheduler } = parts;
  const known = records(parts);
  if (known.length === 0) return;
  if (random.chance(0.1)) return adoptAll(who, parts);
  if (random.chance(0.1)) return decideMany(who, known, parts);
  const asked = known.filter(({ phase, alertKey }) => phase === 'held' || (phase === 'ended' && alertKey !== null));
  const target = asked.length > 0 && random.chance(0.65) ? random.pick(asked) : random.pick(known);
  say(who, target, parts);
  // Two at once, or the same one again because nothing seemed to happen.
  if (random.chance(0.25)) scheduler.after(random.between(0, 20), () => say(`${who}b`, target, parts));
  else if (random.chance(0.2))
    scheduler.after(random.between(SECOND, MINUTE), () =>
      say(`${who}c`, peek(target.rootInstanceId, parts.memory, parts.keys) ?? target, parts),
    );
}

function say(who: string, target: Remediation, parts: DeciderParts): void {
  const { random } = parts;
  const wish = { ...drawWish(target, parts), by: `${who}@sim` };
  const named = random.chance(0.05) ? guid(0xabcdef1) : random.pick(target.instanceIds);
  const id = random.chance(0.2) ? named.toUpperCase() : named;
  atDesk(who, parts, async (desk) => decide(id, wish, desk, parts));
}

type Wish = Pick<Decision, 'type' | 'reason' | 'sendAgain' | 'successor'>;

function drawWish(target: Remediation, parts: DeciderParts): Wish {
  const { random } = parts;
  const reason = random.chance(0.03) ? '  ' : `because ${random.between(1, 999)}`;
  const as = (type: Decision['type'], more: Partial<Wish> = {}): Wish => ({ type, reason, ...more });
  if (random.chance(0.06))
    return random.pick([
      as('hold', { sendAgain: true }),
      as('retry', { successor: guid(1) }),
      as('release', { sendAgain: true, successor: random.pick(target.instanceIds) }),
    ]);
  const isDoubtful = isUnsettled(target) || target.phase === 'resolving';
  if (isDoubtful && random.chance(0.8)) {
    return random.pick([
      as('release', { successor: drawSuccessor(target, parts) }),
      as('release', { successor: drawSuccessor(target, parts) }),
      as('release', { successor: 'none' }),
      as('retry', { sendAgain: true }),
      as('release', { sendAgain: true }),
      as('release', { sendAgain: true, successor: 'none' }),
    ]);
  }
  const usual = target.phase === 'held' ? as('release') : as('retry');
  return random.pick([
    usual,
    usual,
    as('release'),
    as('retry'),
    as('hold'),
    as('hold'),
    as('ignore'),
    as('retry', { sendAgain: true }),
  ]);
}

function drawSuccessor(target: Remediation, parts: DeciderParts): string {
  const { random, server } = parts;
  const oldId = target.search?.predecessorId ?? target.currentInstanceId;
  const truth = server.instances.get(oldId)?.successors ?? [];
  if (truth.length > 0 && random.chance(0.6)) return random.pick(truth);
  const all = [...server.instances.keys()];
  return random.pick([random.pick(all), random.pick(all), random.pick(target.instanceIds), guid(0xabcdef2)]);
}

async function decide(id: string, wish: Omit<Decision, 'at'>, { machine, parts: desk }: Desk, parts: DeciderParts) {
  const { scheduler, history } = parts;
  const said = begin(id, wish, parts);
  const { before } = said;
  const flags = `${wish.sendAgain ? ' --send-again' : ''}${wish.successor === undefined ? '' : ` --successor ${wish.successor}`}`;
  const ids = before?.instanceIds ?? [];
  const head = `${machine.name} (${wish.by}): ${wish.type}${flags} ${id.toLowerCase()} (${before?.outcome ?? before?.holdCause ?? before?.phase ?? 'unknown'})`;
  history.note(head, ...ids);
  try {
    const decided = await applyDecision(id, wish, desk);
    said.result = decided.type;
    if (decided.type === 'done') said.after = decided.remediation;
    if (decided.type === 'refused') said.why = decided.why;
  } catch (error) {
    said.result = 'failed';
    throw error;
  } finally {
    said.endedAt = scheduler.now();
    history.note(`${head}: ${said.result} ${said.why}`, ...ids);
    if (machine.isAlive()) parts.onSaid(said);
  }
}

function begin(id: string, wish: Omit<Decision, 'at'>, { book, scheduler, memory, keys }: DeciderParts): Said {
  const said: Said = {
    id,
    wish,
    saidAt: scheduler.now(),
    before: peek(id.toLowerCase(), memory, keys),
    result: 'pending',
    endedAt: null,
    why: '',
    after: null,
    isAdoption: false,
  };
  book.all.push(said);
  return said;
}

function adoptAll(who: string, parts: DeciderParts): void {
  atDesk(who, parts, async (desk) => {
    for (const { rootInstanceId, holdCause, instanceIds } of records(parts)) {
      if (holdCause !== 'history') continue;
      const wish = { type: 'release', by: `${who}@sim`, reason: 'taken in' } as const;
      const said = begin(rootInstanceId, wish, parts);
      said.isAdoption = true;
      said.result = 'failed';
      said.result = (await adoptHistory(rootInstanceId, wish, desk.parts)) ? 'done' : 'refused';
      said.endedAt = parts.scheduler.now();
      parts.history.note(`${who} adopts ${rootInstanceId}: ${said.result}`, ...instanceIds);
    }
  });
}

/** All of one cause, as `--cause` chooses them: those with a restart that may have happened are left out. */
function decideMany(who: string, known: readonly Remediation[], parts: DeciderParts): void {
  const { random } = parts;
  const type = random.pick(['retry', 'release', 'ignore'] as const);
  const cause = random.pick(known).alertKey;
  const meant = known.filter((one) => one.alertKey === cause && !isUnsettled(one));
  atDesk(who, parts, async (desk) => {
    for (const { rootInstanceId } of meant)
      await decide(rootInstanceId, { type, reason: 'all of them', by: `${who}@sim` }, desk, parts);
  });
}
