import type { Decision } from '../../src/core/decision.ts';
import type { Remediation } from '../../src/core/remediation.ts';

/** What a person said about one lineage, and what came of it. */
export interface Said {
  readonly id: string;
  readonly wish: Omit<Decision, 'at'>;
  readonly saidAt: number;
  /** The lineage as it stood when it was said; null: there was none. */
  readonly before: Remediation | null;
  /** `failed`: no answer, so it may be done or not. */
  result: 'pending' | 'done' | 'refused' | 'unknown' | 'failed';
  endedAt: number | null;
  why: string;
  after: Remediation | null;
  /** History taken into work. */
  isAdoption: boolean;
}

/** Everything that people decided about the daemon's own records in this world. */
export class DecisionBook {
  readonly all: Said[] = [];

  /** True where a person may have let this id go once more, after that time. `isRefused`: Command had said no. */
  maySendAgain(id: string, since: number, isRefused = false): boolean {
    return this.about([id], since).some(({ wish, before }) => {
      if (wish.sendAgain === true) return true;
      // History is taken in as far as it can be proved; a refusal is an answer, whatever came of the lineage since.
      const isAnswered = isRefused || before?.holdCause === 'history' || before?.outcome === 'refused';
      return isAnswered && (wish.type === 'release' || wish.type === 'retry');
    });
  }

  /** Attempts that people granted to these. */
  granted(ids: readonly string[]): number {
    return this.about(ids).filter(({ wish }) => wish.type === 'retry' || wish.sendAgain === true).length;
  }

  /** How often people sent these on although they were held for that cause. */
  waived(ids: readonly string[], cause: string): number {
    return this.about(ids).filter(
      ({ before, after, wish }) =>
        (wish.type === 'retry' || wish.type === 'release') &&
        (before?.holdCause === cause || after?.waived.some((one) => one === cause)),
    ).length;
  }

  /** True where a person named a run that is another one's, said that there is none, sent it again, or ended the search. */
  isMisled(ids: readonly string[], predecessorOf: (id: string) => string | null): boolean {
    return this.about(ids).some(
      ({ wish, before }) =>
        wish.sendAgain === true ||
        wish.type === 'ignore' ||
        (wish.successor !== undefined && !isTrue(wish.successor.toLowerCase(), before, predecessorOf)),
    );
  }

  /** The last word that was certainly heard about this id; null: none, or it is not certain which. */
  lastWord(id: string): Said | null {
    const heard = this.about([id]);
    const last = heard.toSorted((a, b) => (a.endedAt ?? Infinity) - (b.endedAt ?? Infinity)).at(-1);
    if (last?.result !== 'done') return null;
    return heard.some((other) => other !== last && (other.endedAt ?? Infinity) >= last.saidAt) ? null : last;
  }

  /** What was said about lineages that have one of these, and not refused. */
  about(ids: readonly string[], since = 0): readonly Said[] {
    const wanted = new Set(ids);
    return this.all.filter(
      (said) =>
        said.saidAt >= since &&
        said.result !== 'refused' &&
        said.result !== 'unknown' &&
        [...(said.before?.instanceIds ?? []), ...(said.after?.instanceIds ?? [])].some((id) => wanted.has(id)),
    );
  }
}

function isTrue(successor: string, before: Remediation | null, predecessorOf: (id: string) => string | null): boolean {
  const oldId = before?.search?.predecessorId ?? before?.currentInstanceId ?? '';
  return successor !== 'none' && predecessorOf(successor) === oldId;
}
