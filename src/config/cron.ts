import { CronExpressionParser } from 'cron-parser';

/** The fields in one line, or undefined where they are no cron expression or name no day that ever comes. */
export function readCronFields(written: string): string | undefined {
  const fields = written.split(/\s+/);
  if (fields.length !== 5 || fields.some((field) => !FIELD.test(field) || DRAWN_BY_LOT.test(field))) return undefined;
  const cron = fields.join(' ');
  try {
    CronExpressionParser.parse(cron, { tz: 'UTC' }).next();
    return cron;
  } catch {
    return undefined; // the parser tells why in words of its own; what is allowed is told with the option
  }
}

const FIELD = /^[\dA-Za-z*/,\-?#]+$/;
/** `H` stands for any value, another one in each process. */
const DRAWN_BY_LOT = /(?<![A-Za-z])H(?![A-Za-z])/i;

/**
 * The first moment after `after` that the fields name on the clock of that zone; null: none. A time that the clocks skip
 * in spring comes at the hour after the gap, one that they show twice in autumn comes once. Cheap to ask again.
 */
export function createCronClock(cron: string, timeZone: string): (after: number) => number | null {
  // The stretch that the last answer covers: from what was asked to what was found.
  let known: { readonly from: number; readonly next: number | null } | null = null;
  return (after) => {
    if (known !== null && after >= known.from && (known.next === null || after < known.next)) return known.next;
    known = { from: after, next: findNext(cron, timeZone, after) };
    return known.next;
  };
}

function findNext(cron: string, timeZone: string, after: number): number | null {
  try {
    return CronExpressionParser.parse(cron, { currentDate: new Date(after), tz: timeZone })
      .next()
      .getTime();
  } catch {
    return null; // checked when the configuration was read: only a day that never comes is left
  }
}
