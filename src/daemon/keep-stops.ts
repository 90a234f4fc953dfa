import { RESUMED } from '../ports/ledger.ts';
import type { Ledger, Resumed, Stops } from '../ports/ledger.ts';
import type { Emit } from '../telemetry/events.ts';

/** Remembers what stops all work, so that it holds although the store loses it. */
export interface StopKeeper {
  /** Says that this replica lives, and remembers what stops all work now; what the store has lost is written again first. */
  beat(): Promise<void>;
  /** Remembers at once what stops all work and was not known; cheap enough to run several times a second. */
  look(): Promise<void>;
  /** The store went back: whatever is remembered is written again with the next beat. Call before the store is taken on anew. */
  noteLoss(): void;
}

export interface StopKeeperParts {
  readonly ledger: Pick<Ledger, 'stops' | 'restoreStops' | 'beat' | 'read'>;
  readonly replica: string;
  /** Work that belongs to the store as it is now: its commits fail once that was lost. */
  readonly step: (work: () => Promise<void>) => Promise<void>;
  readonly emit: Emit;
}

export function createStopKeeper({ ledger, replica, step, emit }: StopKeeperParts): StopKeeper {
  let known: Stops | null = null;
  let isLost = false;
  let turn: Promise<void> = Promise.resolve();
  const beat = async (): Promise<void> => {
    const isOwed = isLost;
    if (isOwed && known !== null) await ledger.restoreStops(known);
    const seen = await ledger.stops();
    // It fails where the store went back: then what was read just now is not what stood there.
    await ledger.beat(replica);
    if (isLost !== isOwed) return; // lost meanwhile
    const before = known;
    known = seen;
    isLost = false;
    if (isOther(before, seen)) await tell(before, seen);
  };
  const tell = async (before: Stops | null, { pause, brake, seenAt }: Stops): Promise<void> => {
    const resumed = pause === null && brake === null ? await ledger.read<Resumed>(RESUMED) : null;
    const byPerson = resumed !== null && resumed.at > (before?.seenAt ?? seenAt) ? resumed.by : null;
    emit('stops.changed', {
      paused: pause?.reason ?? null,
      until: pause?.until ?? null,
      brake,
      by: pause?.by ?? byPerson,
    });
  };
  /** One after the other: what was read earlier must not be remembered later. */
  const inTurn = async (): Promise<void> => {
    const again = async (): Promise<void> => step(beat);
    turn = turn.then(again, again);
    return turn;
  };
  const look = async (): Promise<void> => {
    if (isNews(await ledger.stops(), known)) await inTurn();
  };
  return { beat: inTurn, look, noteLoss: () => void (isLost = true) };
}

function isOther(before: Stops | null, { pause, brake }: Stops): boolean {
  return JSON.stringify([before?.pause ?? null, before?.brake ?? null]) !== JSON.stringify([pause, brake]);
}

function isNews({ pause, brake }: Stops, known: Stops | null): boolean {
  const isNewPause = pause !== null && JSON.stringify(pause) !== JSON.stringify(known?.pause);
  return isNewPause || (brake !== null && brake !== known?.brake);
}
