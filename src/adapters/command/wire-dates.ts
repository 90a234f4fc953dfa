import type { Time } from '../../core/instance.ts';

export interface WireDate {
  readonly time: Time;
  /** False where the text had no zone: `time` then takes it for UTC. */
  readonly hasZone: boolean;
}

const DATE =
  /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?\s*$/i;

/** Reads a date of Command, with or without zone and fraction; null where it is none (API reference 1). */
export function parseWireDate(value: unknown): WireDate | null {
  const match = typeof value === 'string' ? DATE.exec(value) : null;
  if (!match) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const time = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(3, '0').slice(0, 3)),
  );
  // .NET writes its smallest date, year 1, where it means "none"; Date.UTC takes years below 100 for 19xx
  if (Number(year) < 1900 || new Date(time).getUTCDate() !== Number(day)) return null;
  return { time: time - zoneOffsetMs(zone), hasZone: zone !== undefined };
}

/** The time a date means, where zone-less ones are `offsetMs` behind UTC. */
export function toTime(value: unknown, offsetMs: number): Time | null {
  const date = parseWireDate(value);
  return date && (date.hasZone ? date.time : date.time + offsetMs);
}

/** The Date header of an answer. */
export function parseHttpDate(value: string | undefined): Time | null {
  const time = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

/** A day as the query language takes it. */
export function toDay(time: Time): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** A moment as the query language takes it where it takes more than days; whole seconds, never later. */
export function toMoment(time: Time): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function zoneOffsetMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4) || '0')) * 60_000;
}
