import { StoreLostError } from '../core/errors.ts';
import type { Emit } from '../telemetry/events.ts';
import type { Unfit } from './fitness.ts';
import type { StopKeeper } from './keep-stops.ts';

export interface RecoveryParts {
  /** Looks whether the store that is there now may be worked with; changes nothing. */
  readonly look: () => Promise<Unfit | null>;
  readonly kv: {
    /** False: what was lost was taken on anew since. */
    isNews(error: StoreLostError): boolean;
    /** Takes on the identity of the store. */
    attach(): Promise<unknown>;
  };
  /** What stops all work is written down again before anything else. */
  readonly stops: Pick<StopKeeper, 'beat' | 'noteLoss'>;
  /** Writes down what every store must have. */
  readonly begin: () => Promise<void>;
  readonly onUnfit: (unfit: Unfit | null) => void;
  readonly emit: Emit;
  readonly sleep: (ms: number) => Promise<void>;
  /** Fires when the daemon stops. */
  readonly stopping: AbortSignal;
}

/**
 * The store went back: begins anew on what is there now, once however many notice. A store that is not ours (another Command's
 * was put in its place, or one of a newer version) is not taken on: without its identity nothing can be written, hence sent.
 */
export function createRecovery(parts: RecoveryParts): (error: StoreLostError) => void {
  let isUnderWay = false;
  let told: string | null = null;
  const recover = async ({ message: why }: StoreLostError): Promise<void> => {
    const unfit = await parts.look();
    parts.onUnfit(unfit);
    if (unfit !== null) {
      if (told !== unfit.why) parts.emit('daemon.unfit', unfit);
      told = unfit.why;
      return; // whoever writes next notices again
    }
    told = null;
    parts.emit('store.lost', { why });
    parts.stops.noteLoss();
    await parts.kv.attach();
    // From now on no write tells of the loss any more: what the new store lacks is owed until it stands there.
    await untilWritten(async () => {
      await parts.stops.beat();
      await parts.begin();
    }, parts);
  };
  return (error) => {
    if (isUnderWay || !parts.kv.isNews(error)) return;
    isUnderWay = true;
    void recover(error)
      .catch(() => undefined) // the same: Redis is away, or went back again
      .finally(() => (isUnderWay = false));
  };
}

const AGAIN_AFTER_MS = 1000;

/** @throws StoreLostError: it went back once more */
async function untilWritten(
  write: () => Promise<void>,
  { sleep, stopping }: Pick<RecoveryParts, 'sleep' | 'stopping'>,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof StoreLostError) throw error;
      await sleep(AGAIN_AFTER_MS); // Redis is away
    }
  }
}
