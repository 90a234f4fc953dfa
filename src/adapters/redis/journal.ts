import type { Time } from '../../core/instance.ts';
import { HEARTBEAT_LATE_MS, mayHaveHappened } from '../../core/intent.ts';
import type { Intent, IntentState } from '../../core/intent.ts';
import type { DoorAnswer, DoorReason, DoorRequest, Journal } from '../../ports.ts';
import type { Keys } from './keys.ts';
import type { Check, Kv, Write } from './kv.ts';
import { saveChecks, writesOf } from './remediation-store.ts';

/** A rate may be caught up by this share of one interval after a late start, so that jitter loses no turn. */
const PACE_SLACK = 0.9;

const MINUTE_MS = 60_000;

/** The most intents that one look at the unsettled ones loads. */
const UNSETTLED_LIMIT = 20_000;

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
    );
    if (committed.ok) return { type: 'opened', intent, remediation };
    const [because] = conditions[committed.failed] ?? ['record changed' as const];
    return { type: 'shut', because, waitMs: committed.waitMs };
  }

  async load(instanceId: string): Promise<Intent | null> {
    return parseIntent(await this.kv.hget(this.keys.intents, instanceId));
  }

  async close(intent: Intent): Promise<boolean> {
    const writes = this.stateWrites(intent);
    writes.push(['zrem', this.keys.slots, intent.instanceId]);
    if (intent.ca !== null) writes.push(['zrem', this.keys.caSlots(intent.ca), intent.instanceId]);
    if (!mayHaveHappened(intent)) writes.push(...this.undoWrites(intent));
    if ((await this.commitAt(intent, 'open', writes)) || (await this.commitAt(intent, 'unknown', writes))) return true;
    return mayHaveHappened(intent) && this.writeLost(intent);
  }

  async markNotDone(intent: Intent, why: string): Promise<boolean> {
    const notDone: Intent = { ...intent, state: 'not-sent', why };
    return this.commitAt(intent, intent.state, [...this.stateWrites(notDone), ...this.undoWrites(notDone)]);
  }

  async settle(instanceId: string): Promise<void> {
    const intent = await this.load(instanceId);
    if (intent === null) return;
    const claim = this.keys.claim(intent.requestKey);
    const unsettle: Write = ['zrem', this.keys.unsettled, instanceId];
    const own = await this.kv.commit([{ is: 'equal', key: claim, value: instanceId }], [unsettle, ['del', claim]]);
    if (!own.ok) await this.kv.commit([], [unsettle]);
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
      if (!beaten.ok && intent) await this.writeLost(intent);
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
      slackMs: (PACE_SLACK * MINUTE_MS) / perMinute,
    });
    const conditions: (readonly [DoorReason, Check])[] = [
      ['brake', { is: 'equal', key: keys.brake, value: null }],
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
    const slotExpiry = intent.openedAt + HEARTBEAT_LATE_MS;
    const writes: Write[] = [
      ...this.stateWrites(intent),
      ['zadd', keys.unsettled, intent.openedAt, id],
      ['set', keys.claim(intent.requestKey), id],
      ['zadd', keys.slots, slotExpiry, id],
      ['pace', keys.pace, MINUTE_MS / limits.perMinute],
    ];
    if (ca !== null)
      writes.push(
        ['zadd', keys.caSlots(ca), slotExpiry, id],
        ['pace', keys.caPace(ca), MINUTE_MS / limits.perCaPerMinute],
      );
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

  /** Nothing was sent: everything that was taken for it is given back. */
  private undoWrites(intent: Intent): Write[] {
    const { keys } = this;
    return [
      ['zrem', keys.unsettled, intent.instanceId],
      ['del', keys.claim(intent.requestKey)],
      ...intent.dependencies.map((name): Write => ['zrem', keys.flight(name), intent.instanceId]),
    ];
  }

  /** Writes an intent that the store has lost. Its before-set is lost as well: the sighting numbers began anew. */
  private async writeLost(intent: Intent): Promise<boolean> {
    const state = await this.kv.hget(this.keys.intentStates, intent.instanceId);
    const [fence] = parseState(state);
    if (fence >= intent.fence) return false;
    const check: Check = { is: 'equal', key: this.keys.intentStates, field: intent.instanceId, value: state };
    return (await this.kv.commit([check], this.stateWrites({ ...intent, mark: 0, isMarkComplete: false }))).ok;
  }

  private async commitAt(intent: Intent, state: IntentState, writes: readonly Write[]): Promise<boolean> {
    const value = `${intent.fence}:${state}`;
    const check: Check = { is: 'equal', key: this.keys.intentStates, field: intent.instanceId, value };
    return (await this.kv.commit([check], writes)).ok;
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
