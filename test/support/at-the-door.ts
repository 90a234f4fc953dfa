import type { Remediation } from '../../src/core/remediation.ts';
import type { RestartAnswer } from '../../src/core/restart-answer.ts';
import type { RemediationParts } from '../../src/remediation/parts.ts';
import { performRestart } from '../../src/remediation/perform-restart.ts';
import { NOON, aPolicy, aRemediation, aSighting, guid } from './builders.ts';
import { memoryStores } from './memory-stores.ts';

const NOT_SENT: RestartAnswer = { type: 'not-sent', why: 'the intent came too late', needsBody: false };
const ACCEPTED: RestartAnswer = { type: 'accepted', status: 204, serverTime: NOON };

export interface AtTheDoor {
  /** Replaces parts of the replica. */
  readonly parts?: Partial<RemediationParts>;
  /** Added to the facts that were gathered. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly readInstance: () => Promise<unknown>;
  readonly remediation?: Partial<Remediation>;
}

/** One replica with one failed instance (`guid(1)`), up to the door; Command takes whatever is sent. */
export async function atTheDoor({ parts: changes = {}, facts = {}, readInstance, remediation }: AtTheDoor) {
  const stores = memoryStores();
  const sent: string[] = [];
  const line = {
    send: async ({ instanceId }: { instanceId: string }, mayStillSend: () => boolean): Promise<RestartAnswer> => {
      if (!mayStillSend()) return NOT_SENT;
      sent.push(instanceId);
      return ACCEPTED;
    },
    close: () => undefined,
  };
  const parts = {
    ...stores,
    policy: aPolicy(),
    emit: () => undefined,
    wallMs: () => NOON,
    monotonicMs: () => 0,
    random: () => 0.5,
    sleep: async () => undefined,
    replica: 'replica-1',
    sending: new Map(),
    stopping: new AbortController().signal,
    command: { openRestartLine: async () => line, readInstance },
    ...changes,
  } as unknown as RemediationParts;
  const before = aRemediation(remediation);
  await stores.store.create(before);
  const gathered = {
    type: 'facts',
    remediation: before,
    facts: { row: aSighting({ id: guid(1) }), ruling: { onlyDuring: null }, now: NOON, ...facts },
    gates: { doors: [], names: [], caSlots: 8 },
    feed: null,
  } as unknown as Parameters<typeof performRestart>[1];
  return { ...stores, parts, sent, restart: async () => performRestart(before, gathered, null, parts) };
}
