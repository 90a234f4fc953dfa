import { badArgument } from '../http/api-error.ts';
import type { QueryContext } from './compile-query.ts';

const DAY_MS = 86_400_000;
const TODAY = /^%today(?:([+-])(\d{1,5}))?%$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const US_DAY = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,7})?(Z|[+-]\d{2}:?\d{2})?$/i;

/** Both ends included, in milliseconds. */
export interface DateRange {
  readonly start: number;
  readonly end: number;
}

/** The stretch of time that a date literal names: a day, a second or an instant. */
export function dateRange(raw: string, field: string, context: QueryContext): DateRange {
  const value = raw.trim();
  const day = dayOf(value, context);
  const range = day === null ? momentOf(value, context) : { start: day, end: day + DAY_MS - 1 };
  if (!range || Number.isNaN(range.start)) throw badArgument(`Invalid value for field ${field}: ${raw}.`);
  if (day === null && context.knobs.dateLiterals === 'day')
    throw badArgument(`Invalid date for field ${field}: ${raw}. Only days can be used.`);
  return range;
}

function momentOf(value: string, context: QueryContext): DateRange | null {
  const moment = MOMENT.exec(value);
  if (!moment) return null;
  const [, date = '', minutes = '', seconds = ':00', fraction = '', zone] = moment;
  const at = Date.parse(`${date}T${minutes}${seconds}${fraction.slice(0, 4)}${zone?.toUpperCase() ?? 'Z'}`);
  const start = zone ? at : at - offsetMs(context);
  return { start, end: fraction === '' ? start + 999 : start };
}

function dayOf(value: string, context: QueryContext): number | null {
  const today = TODAY.exec(value);
  if (today) {
    const days = Number(today[2] ?? 0) * (today[1] === '+' ? 1 : -1);
    const local = context.now + offsetMs(context);
    return local - (local % DAY_MS) + days * DAY_MS - offsetMs(context);
  }
  if (DAY.test(value)) return Date.parse(`${value}T00:00:00Z`) - offsetMs(context);
  const american = US_DAY.exec(value);
  if (!american) return null;
  const [, month = '', date = '', year = ''] = american;
  return Date.parse(`${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}T00:00:00Z`) - offsetMs(context);
}

/** A server that writes its dates without a zone also reads them in its own. */
function offsetMs({ knobs }: QueryContext): number {
  return knobs.dates === 'nozone' ? knobs.dateOffsetMinutes * 60_000 : 0;
}
