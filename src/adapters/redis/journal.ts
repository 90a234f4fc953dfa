import type { Time } from '../../core/instance.ts';
import { HEARTBEAT_LATE_MS, mayHaveHappened } from '../../core/intent.ts';
import type { Intent, IntentState } from '../../core/intent.ts';
import type { Remediation } from '../../core/remediation.ts';
import type { DoorAnswer, DoorReason, DoorRequest, Journal } from '../../ports/journal.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { saveChecks, writesOf } from './record-writes.ts';

/** A rate may be caught up by this share of one interval after a late start, so that jitter loses no turn. */
const PACE_SLACK = 0.9;

/** The store's clock tells no shorter time than this: turns that are closer together are not waited for one by one. */
const CLOCK_STEP_MS = 1;

const MINUTE_MS = 60_000;

/** The most intents that one look at the unsettled ones loads. */
const UNSETTLED_LIMIT = 20_000;

/** Stands for a restart that a person sent again, by its id: no second one of ours. */
const PERSON = 'person';

/** How often a note is written anew because the intent changed meanwhile: it has few states to go through. */
const NOTE_TRIES = 5;

/** The intents in Redis. `open` is the one door through which every restart goes. */
export class RedisJournal implements Journal {
  private readonly kv: Kv;
  private readonly keys: Keys;
  private readonly replica: string;

  constructor(kv: Kv, keys: Keys, replica: string) {
    this.kv = kv;
    this.keys = keys;
    this.replica = replica;
  }

  async open(request: DoorRequest): Promise<DoorAnswer> {
    const { instanceId } = request.intent;
    const state = await this.kv.hget(this.keys.intentStates, instanceId);
    const [fence, last] = parseState(state);
    if (last !== null && mayHaveHappened({ state: last })) return { type: 'shut', because: 'sent before', waitMs: 0 };

    const intent: Intent = {
      ...request.intent,
      fence: fence + 1,
      replica: this.replica,
      state: 'open',
      why: 'the request is under way',
      openedAt: this.kv.now(),
      endedAt: null,
    };
    const remediation = { ...request.after, version: request.before.version + 1 };
    const conditions = this.conditions(request, state);
    const committed = await this.kv.commit(
      conditions.map(([, check]) => check),
      [...this.openingWrites(request, intent), ...writesOf(this.keys, request.before, remediation, intent.openedAt)],
      true,
    );
    if (committed.ok) return { type: 'opened', intent, remediation, unconfirmed: committed.unconfirmed ?? null };
    const [because] = conditions[committed.failed] ?? ['record changed' as const];
    return { type: 'shut', because, waitMs: committed.waitMs };
  }

  async load(instanceId: string): Promise<Intent | null> {
    return parseIntent(await this.kv.hget(this.keys.intents, instanceId));
  }

  async close(intent: Intent, from?: 'open'): Promise<boolean> {
    const writes = this.stateWrites(intent);
    writes.push(['zrem', this.keys.slots, intent.instanceId]);
    if (intent.ca !== null) writes.push(['zrem', this.keys.caSlots(intent.ca), intent.instanceId]);
    if (!mayHaveHappened(intent)) writes.push(...this.undoWrites(intent), ...(await this.wakeWrites(intent)));
    if (await this.closeAt(intent, 'open', writes)) return true;
    if (from === 'open') return false;
    if (await this.closeAt(intent, 'unknown', writes)) return true;
    if (intent.state === 'accepted') await this.noteReplaced(intent);
    return mayHaveHappened(intent) && this.writeLost(intent);
  }

  async markNotDone(intent: Intent, why: string): Promise<boolean> {
    return this.commitAt(intent, intent.state, this.notDoneWrites(intent, why));
  }

  async letGo(intent: Intent, why: string, before: Remediation, after: Remediation): Promise<Remediation | null> {
    const saved = { ...after, version: before.version + 1 };
    const writes: Write[] = [
      ...this.notDoneWrites(intent, why),
      ['hset', this.keys.replaced, intent.instanceId, PERSON],
      ...writesOf(this.keys, before, saved, this.kv.now()),
    ];
    return (await this.commitAt(intent, intent.state, writes, saveChecks(this.keys, before))) ? saved : null;
  }

  async settle(instanceId: string): Promise<void> {
    const intent = await this.load(instanceId);
    if (intent === null) return;
    const claim = this.keys.claim(intent.requestKey);
    const unsettle: Write = ['zrem', this.keys.unsettled, instanceId];
    const own = await this.kv.commit([{ is: 'equal', key: claim, value: instanceId }], [unsettle, ['del', claim]]);
    if (!own.ok) await this.kv.commit([], [unsettle]);
  }

  async claimOf(requestKey: string): Promise<string | null> {
    return this.kv.get(this.keys.claim(requestKey));
  }

  async unsettled(): Promise<readonly Intent[]> {
    const ids = (await this.kv.zrange(this.keys.unsettled, { limit: UNSETTLED_LIMIT })).map(({ member }) => member);
    const texts = await this.kv.hmget(this.keys.intents, ids);
    return texts.flatMap((text) => parseIntent(text) ?? []);
  }

  async beat(restarts: Parameters<Journal['beat']>[0]): Promise<void> {
    const expiry = this.kv.now() + HEARTBEAT_LATE_MS;
    for (const { instanceId, ca, intent } of restarts) {
      const keys = [this.keys.slots, ...(ca === null ? [] : [this.keys.caSlots(ca)])];
      const beaten = await this.kv.commit(
        keys.map((key) => ({ is: 'member', key, member: instanceId })),
        keys.map((key) => ['zadd', key, expiry, instanceId]),
      );
      if (!beaten.ok && intent && mayHaveHappened(intent)) await this.writeLost(intent);
    }
  }

  async lastBeatAt(instanceId: string): Promise<Time | null> {
    const expiry = await this.kv.zscore(this.keys.slots, instanceId);
    return expiry === null ? null : expiry - HEARTBEAT_LATE_MS;
  }

  /** The door's conditions in the order they are told; the first that fails is the reason. */
  private conditions(request: DoorRequest, state: string | null): readonly (readonly [DoorReason, Check])[] {
    const { keys } = this;
    const { intent, limits } = request;
    const { ca } = intent;
    const id = intent.instanceId;
    const turn = (key: string, perMinute: number): Check => ({
      is: 'turn',
      key,
      slackMs: Math.max(CLOCK_STEP_MS, (PACE_SLACK * MINUTE_MS) / perMinute),
    });
    const conditions: (readonly [DoorReason, Check])[] = [
      ['brake', { is: 'equal', key: keys.brake, value: null }],
      ['command', { is: 'equal', key: keys.commandShut, value: null }],
      ['paused', { is: 'equal', key: keys.pause, value: null }],
      ...saveChecks(keys, request.before).map((check) => ['record changed', check] as const),
      ['sent before', { is: 'equal', key: keys.intentStates, field: id, value: state }],
      ['same request under way', { is: 'equal', key: keys.claim(intent.requestKey), value: null }],
      ['concurrency', { is: 'room', key: keys.slots, below: limits.concurrency }],
      ['rate', turn(keys.pace, limits.perMinute)],
    ];
    if (ca !== null) {
      conditions.push(
        ['concurrency', { is: 'room', key: keys.caSlots(ca), below: request.caSlots }],
        ['rate of the CA', turn(keys.caPace(ca), limits.perCaPerMinute)],
      );
    }
    for (const { name, generation, allowance } of request.gates) {
      conditions.push(
        ['gate moved', { is: 'equal', key: keys.gate(name), field: 'generation', value: String(generation) }],
        ['allowance', { is: 'room', key: keys.flight(name), below: allowance, member: id }],
      );
    }
    return conditions;
  }

  private openingWrites(request: DoorRequest, intent: Intent): Write[] {
    const { keys } = this;
    const { limits } = request;
    const { ca } = intent;
    const id = intent.instanceId;
    const writes: Write[] = [
      ...this.stateWrites(intent),
      ...this.unsettledWrites(intent, null),
      ...this.slotWrites(intent, intent.openedAt),
      ['pace', keys.pace, MINUTE_MS / limits.perMinute],
    ];
    if (ca !== null) writes.push(['pace', keys.caPace(ca), MINUTE_MS / limits.perCaPerMinute]);
    const verdictBy = intent.openedAt + request.canaryWindowMs;
    for (const { name } of request.gates) writes.push(['zadd', keys.flight(name), verdictBy, id]);
    return writes;
  }

  private stateWrites(intent: Intent): Write[] {
    return [
      ['hset', this.keys.intents, intent.instanceId, JSON.stringify(intent)],
      ['hset', this.keys.intentStates, intent.instanceId, `${intent.fence}:${intent.state}`],
    ];
  }

  private notDoneWrites(intent: Intent, why: string): Write[] {
    const notDone: Intent = { ...intent, state: 'not-sent', why };
    return [...this.stateWrites(notDone), ...this.undoWrites(notDone)];
  }

  /** Nothing was sent: everything that was taken for it is given back. */
  private undoWrites(intent: Intent): Write[] {
    const { keys } = this;
    return [
      ['zrem', keys.unsettled, intent.instanceId],
      ['del', keys.claim(intent.requestKey)],
      ...intent.dependencies.map((name): Write => ['zrem', keys.flight(name), intent.instanceId]),
    ];
  }

  /** The record looks at it at once: it may be held for a restart that was never sent. */
  private async wakeWrites({ instanceId }: Intent): Promise<Write[]> {
    const root = await this.kv.hget(this.keys.instances, instanceId);
    return root === null ? [] : [['zadd', this.keys.due, this.kv.now(), root]];
  }

  /** Closes it where it stands in this state; with the brake, where an earlier restart of the id was accepted as well. */
  private async closeAt(intent: Intent, state: IntentState, writes: readonly Write[]): Promise<boolean> {
    if (intent.state !== 'accepted') return this.commitAt(intent, state, writes);
    const { replaced } = this.keys;
    const field = intent.instanceId;
    const before = await this.kv.hget(replaced, field);
    const brake = before === null || before === PERSON ? [] : [this.brakeFor(intent)];
    const unchanged: Check = { is: 'equal', key: replaced, field, value: before };
    if (await this.commitAt(intent, state, [...writes, ...brake], [unchanged])) return true;
    return (await this.kv.hget(replaced, field)) !== before && this.closeAt(intent, state, writes);
  }

  /** An accepted restart whose place another one has taken: should that one be accepted as well, the brake goes on. */
  private async noteReplaced(intent: Intent): Promise<void> {
    const { replaced, intentStates } = this.keys;
    const field = intent.instanceId;
    for (let tries = 0; tries < NOTE_TRIES; tries++) {
      const [state, before] = await Promise.all([this.kv.hget(intentStates, field), this.kv.hget(replaced, field)]);
      const [fence, last] = parseState(state);
      if (fence <= intent.fence || before === PERSON) return;
      const brake = last === 'accepted' ? [this.brakeFor(intent)] : [];
      const noted = await this.kv.commit(
        [{ is: 'equal', key: intentStates, field, value: state }],
        [['hset', replaced, field, String(intent.fence)], ...brake],
      );
      if (noted.ok) return;
    }
  }

  private brakeFor({ instanceId }: Intent): Write {
    return ['set', this.keys.brake, `Command accepted two restarts of instance ${instanceId}`];
  }

  /**
   * Writes an intent that the store has lost. One that was not sent is never written: since then another one may have taken
   * its place, which was (P1). Its before-set is lost as well: the sighting numbers began anew.
   */
  private async writeLost(intent: Intent): Promise<boolean> {
    const state = await this.kv.hget(this.keys.intentStates, intent.instanceId);
    const [fence] = parseState(state);
    if (fence >= intent.fence) return false;
    const claim = this.keys.claim(intent.requestKey);
    const [root, claimant] = await Promise.all([
      this.kv.hget(this.keys.instances, intent.instanceId),
      this.kv.get(claim),
    ]);
    const checks: Check[] = [
      { is: 'equal', key: this.keys.intentStates, field: intent.instanceId, value: state },
      { is: 'equal', key: claim, value: claimant },
    ];
    const writes = [
      ...this.stateWrites({ ...intent, mark: 0, isMarkComplete: false }),
      ...(intent.state === 'open' ? this.slotWrites(intent, this.kv.now()) : []),
      // Where its record is lost as well nobody would ever settle it.
      ...(root === null ? [] : this.unsettledWrites(intent, claimant)),
    ];
    return (await this.kv.commit(checks, writes)).ok;
  }

  /** What others must know while nobody knows its new run; a claim that another one has taken since stays. */
  private unsettledWrites(intent: Intent, claimant: string | null): Write[] {
    const { keys } = this;
    const unsettled: Write = ['zadd', keys.unsettled, intent.openedAt, intent.instanceId];
    return claimant === null ? [unsettled, ['set', keys.claim(intent.requestKey), intent.instanceId]] : [unsettled];
  }

  /** It is under way, and its sender lives. */
  private slotWrites({ instanceId, ca }: Intent, at: Time): Write[] {
    const { keys } = this;
    const taken = [keys.slots, ...(ca === null ? [] : [keys.caSlots(ca)])];
    return taken.map((key) => ['zadd', key, at + HEARTBEAT_LATE_MS, instanceId]);
  }

  private async commitAt(
    intent: Intent,
    state: IntentState,
    writes: readonly Write[],
    also: readonly Check[] = [],
  ): Promise<boolean> {
    const value = `${intent.fence}:${state}`;
    const check: Check = { is: 'equal', key: this.keys.intentStates, field: intent.instanceId, value };
    return (await this.kv.commit([check, ...also], writes)).ok;
  }
}

function parseState(text: string | null): readonly [fence: number, state: IntentState | null] {
  if (text === null) return [0, null];
  const [fence = '0', state = 'open'] = text.split(':');
  return [Number(fence), state as IntentState];
}

function parseIntent(text: string | null): Intent | null {
  return text === null ? null : (JSON.parse(text) as Intent);
}
