import { BAD_ANSWERS, shutBy, withBadAnswer, withoutBadAnswers } from '../core/command-gate.ts';
import type { BadAnswers, Manner } from '../core/command-gate.ts';
import type { Time } from '../core/instance.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Emit } from '../telemetry/events.ts';

export interface AnswerWatch {
  /** Takes note of how Command answered; `why` tells the bad one. Never throws. */
  note(manner: Manner, why: string): void;
  /** Learns what other replicas saw, so that a good answer here ends their row, too. */
  look(): Promise<void>;
  /** Everything noted so far is on record. */
  idle(): Promise<void>;
}

/** Counts bad answers in a row over all replicas, and shuts Command's own gate. Good answers cost nothing while all is well. */
export function createAnswerWatch({ ledger, now, emit }: { ledger: Ledger; now: () => Time; emit: Emit }): AnswerWatch {
  let mayBeBad = true; // what stands on record when this replica starts is not known
  let writing = Promise.resolve();
  const write = (work: () => Promise<void>): void => {
    writing = writing.then(work).catch(() => undefined); // Redis away: nothing is sent anyway
  };
  const shut = async (why: string): Promise<void> => {
    const known = await ledger.update<BadAnswers>(BAD_ANSWERS, (latest) => withBadAnswer(latest, why));
    const reason = known === null ? null : shutBy(known);
    if (reason === null || (await ledger.commandShut()) !== null) return;
    await ledger.shutCommand({ why: reason, since: now() });
    emit('command.gate', { isShut: true, why: reason });
  };
  return {
    note: (manner, why) => {
      if (manner === 'badly') write(async () => shut(why));
      else if (mayBeBad)
        write(async () => void (await ledger.update<BadAnswers>(BAD_ANSWERS, (known) => withoutBadAnswers(known))));
      mayBeBad = manner === 'badly';
    },
    look: async () => {
      const known = await ledger.read<BadAnswers>(BAD_ANSWERS);
      mayBeBad ||= known !== null && known.count > 0;
    },
    idle: async () => writing,
  };
}
