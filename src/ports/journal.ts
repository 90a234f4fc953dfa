import type { Time } from '../core/instance.ts';
import type { Intent } from '../core/intent.ts';
import type { Remediation } from '../core/remediation.ts';

export type DoorAnswer =
  | {
      readonly type: 'opened';
      readonly intent: Intent;
      readonly remediation: Remediation;
      /** Why the intent may be lost with the store's primary, where that was to be ruled out: then nothing may be sent. */
      readonly unconfirmed: string | null;
    }
  | { readonly type: 'shut'; readonly because: DoorReason; /** In ms; 0: unknown. */ readonly waitMs: number };

export type DoorReason =
  | 'record changed'
  | 'sent before'
  | 'paused'
  | 'brake'
  | 'command'
  | 'same request under way'
  | 'concurrency'
  | 'rate'
  | 'rate of the CA'
  | 'gate moved'
  | 'allowance'
  /** Whoever asks has slept since it looked. */
  | 'facts are old';

export interface DoorRequest {
  readonly intent: Omit<Intent, 'fence' | 'openedAt' | 'state' | 'why' | 'endedAt' | 'replica'>;
  readonly before: Remediation;
  readonly after: Remediation;
  /** Slots this CA may take. */
  readonly caSlots: number;
  readonly gates: readonly { readonly name: string; readonly generation: number; readonly allowance: number }[];
  readonly limits: { readonly concurrency: number; readonly perMinute: number; readonly perCaPerMinute: number };
  readonly canaryWindowMs: number;
}

/** The intents: the durable word before each POST (DESIGN.md 4.6). */
export interface Journal {
  /** The one atomic door: all conditions and the intent, or nothing. */
  open(request: DoorRequest): Promise<DoorAnswer>;
  load(instanceId: string): Promise<Intent | null>;
  /**
   * Records how the request ended and frees its slot. What others wrote off as unknown its sender may still correct.
   * False: another intent of this instance has taken its place. Two that were accepted put on the brake, in the same step,
   * unless a person sent the second. `from`: left alone where it has been closed meanwhile, by whoever knows more.
   */
  close(intent: Intent, from?: 'open'): Promise<boolean>;
  /** The restart is proved not to have happened: the id may be sent again by a new intent. */
  markNotDone(intent: Intent, why: string): Promise<boolean>;
  /**
   * A person takes on a restart that may have happened: the id may be sent again by a new intent. Saves the record in the
   * same step, so that no other one sees the one without the other. Null: one of the two has changed meanwhile.
   */
  letGo(intent: Intent, why: string, before: Remediation, after: Remediation): Promise<Remediation | null>;
  /** The search is over: the claim of the request key is free again. */
  settle(instanceId: string): Promise<void>;
  /** The instance whose restart holds this request key; null: nobody's. */
  claimOf(requestKey: string): Promise<string | null>;
  /** Intents whose successor is still open. */
  unsettled(): Promise<readonly Intent[]>;
  /** Keeps the slots of these restarts; an intent that the store has lost is written again, so that its id is not sent anew. */
  beat(restarts: readonly (Pick<Intent, 'instanceId' | 'ca'> & { readonly intent?: Intent })[]): Promise<void>;
  /** The last sign of life of an open intent's sender; null: no slot on record. */
  lastBeatAt(instanceId: string): Promise<Time | null>;
}
