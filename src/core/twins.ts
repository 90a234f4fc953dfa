import type { Time } from './instance.ts';
import type { Search } from './remediation.ts';
import { isAround, isWithin } from './restart-span.ts';

/** Another run of the same request that people act on: it is Failed, was restarted, or was made after the old row. */
export interface Twin {
  /** Its sighting number. */
  readonly firstSeen: number;
  /** Server time; its new run may have kept it. */
  readonly startDate: Time | null;
  /** Server time; null: it was not, as far as anybody knows. */
  readonly restartedAt: Time | null;
  /** Server time: it was restarted or deleted after it had failed and before it was found gone. Left out: it is there. */
  readonly gone?: { readonly from: Time; readonly to: Time };
}

interface AmongTwins {
  readonly search: Search;
  readonly twins?: readonly Twin[];
  /** The old row is gone, and it may have been deleted. */
  readonly isDeleted?: 'maybe' | 'surely';
}

/** Nobody knows that this restart happened. */
function mayNotHaveTaken({ took }: Pick<Search, 'took'>): boolean {
  return took === 'maybe' || took === 'refused';
}

/**
 * The run may as well be that of another run of the same request: one that is Failed, where nobody knows that this restart
 * happened; one that was restarted just when the run began; or one that was there before the run began and is gone since.
 */
export function isMaybeOfTwin(
  { firstSeen, startDate }: { readonly firstSeen: number; readonly startDate: Time | null },
  { search, twins = [], isDeleted }: AmongTwins,
): boolean {
  if (search.took === 'accepted') return false;
  const isKept = startDate === null || startDate === search.oldStartDate;
  return twins.some(({ firstSeen: twinFirstSeen, startDate: twinDate, restartedAt, gone }) => {
    if (twinFirstSeen >= firstSeen) return false;
    if (startDate !== null && startDate === twinDate) return true;
    if (gone !== undefined) return isKept || isWithin(startDate, gone);
    if (restartedAt === null) return mayNotHaveTaken(search) || isDeleted !== undefined;
    return !isKept && isAround(startDate, restartedAt);
  });
}
