import type { Time } from '../core/instance.ts';
import { fromRecordCursor, toCursor } from '../core/list-position.ts';
import type { RecordPosition } from '../core/list-position.ts';
import type { LineageView } from '../core/views.ts';
import { HttpError } from './guards.ts';
import type { Reader } from './parts.ts';

export interface LineageQuestion {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly since: Time | null;
}

export interface LineagePage {
  readonly items: readonly LineageView[];
  readonly nextCursor: string | null;
}

/** Remediations that one look loads, and the most looks of one answer: most have no record since then. */
const LOOK = 500;
const LOOKS = 40;

/** Where a page of records ended: behind a remediation, and so many records of the next one are told already. */
interface LineagePosition {
  readonly after: RecordPosition | undefined;
  readonly skip: number;
}

/** One page of lineage records; never more than the limit, and a cursor while there may be more. */
export async function readLineagePage({ limit, cursor, since }: LineageQuestion, reader: Reader): Promise<LineagePage> {
  const items: LineageView[] = [];
  let at = toPosition(cursor);
  for (let looks = 0; looks < LOOKS; looks++) {
    const listed = await reader.lineage(since, LOOK, at.after);
    for (const { view, position } of listed) {
      const rest = view.slice(at.skip);
      const room = limit - items.length;
      items.push(...rest.slice(0, room));
      if (rest.length > room) return { items, nextCursor: fromPosition({ ...at, skip: at.skip + room }) };
      at = { after: position, skip: 0 };
    }
    if (listed.length < LOOK) return { items, nextCursor: null };
    if (items.length >= limit) break;
  }
  return { items, nextCursor: fromPosition(at) };
}

function fromPosition({ after, skip }: LineagePosition): string {
  return `${after === undefined ? '' : toCursor(after)}!${skip}`;
}

function toPosition(cursor: string | undefined): LineagePosition {
  if (cursor === undefined || cursor === '') return { after: undefined, skip: 0 };
  const [word = '', skip = '', ...rest] = cursor.split('!');
  const after = word === '' ? undefined : fromRecordCursor(word);
  if (after === null || rest.length > 0 || !/^\d{1,4}$/.test(skip))
    throw new HttpError(400, 'cursor: pass nextCursor of the page before');
  return { after, skip: Number(skip) };
}
