import type { DialectState } from './dialect-state.ts';
import type { Probe } from './probe.ts';

/** Whether a condition takes a date with a time, or only a day: two calls, once per version. */
export async function learnDateLiterals(state: DialectState, probe: Probe): Promise<void> {
  const fine = await probe('StartDate -ge "2000-01-01T00:00:00Z"', 1);
  if (!fine.isRefused) {
    if (fine.statuses.length === 0) return; // no rows, or not understood: nothing is shown
    return state.learn('dateLiterals', 'a condition with date and time was answered', { dateLiterals: 'full' });
  }
  const day = await probe('StartDate -ge "2000-01-01"', 1);
  if (day.isRefused) return;
  state.learn('dateLiterals', 'date and time were refused, a day was taken', { dateLiterals: 'day' });
}
