import type { DialectState } from './dialect-state.ts';
import type { Probe } from './probe.ts';

/** Whether a condition takes a date with a time, only a day, or no date at all: up to three calls, once per version. */
export async function learnDateLiterals(state: DialectState, probe: Probe): Promise<void> {
  const fine = await probe('StartDate -ge "2000-01-01T00:00:00Z"', 1);
  if (!fine.isRefused) {
    if (fine.statuses.length === 0) return; // no rows, or not understood: nothing is shown
    return state.learn('dateLiterals', 'a condition with date and time was answered', { dateLiterals: 'full' });
  }
  const day = await probe('StartDate -ge "2000-01-01"', 1);
  if (!day.isRefused) {
    return state.learn('dateLiterals', 'date and time were refused, a day was taken', { dateLiterals: 'day' });
  }
  const changed = await probe('LastModified -ge "2000-01-01"', 1);
  if (!changed.isRefused) return; // it is StartDate that is not taken
  state.learn('dateLiterals', 'conditions with a date are refused', { dateLiterals: 'none' });
}

/**
 * Whether there are rows without LastModified (API reference 3: it may be null), which no condition on a date lists. The
 * question says what its answer must show, so a server that ignores or refuses it shows nothing.
 */
export async function learnUndated(state: DialectState, probe: Probe): Promise<void> {
  const { isRefused, undated, statuses } = await probe('LastModified -eq NULL', 1);
  if (isRefused || undated === 0 || undated < statuses.length) return;
  state.learn('undated', 'LastModified -eq NULL lists rows without a date', { hasUndated: true });
}
