import { displayText } from './display-text.ts';
import type { LineageView } from './views.ts';

const COLUMNS = [
  'oldInstanceId',
  'newInstanceId',
  'rootInstanceId',
  'oldReferenceId',
  'newReferenceId',
  'attempt',
  'origin',
  'confidence',
  'candidates',
  'evidence',
  'definitionId',
  'definitionName',
  'title',
  'restartedAt',
  'resolvedAt',
  'newStatus',
] as const satisfies readonly (keyof LineageView)[];

/** The header line of `lineage --format csv`, without a line end. */
export const LINEAGE_CSV_HEADER = COLUMNS.join(',');

/** One record: the keys in order, lists joined by blanks, null empty, quoted where needed (RFC 4180); no line end. */
export function toLineageCsv(record: LineageView): string {
  return COLUMNS.map((column) => csvField(record[column])).join(',');
}

function csvField(value: LineageView[(typeof COLUMNS)[number]]): string {
  const text = displayText(Array.isArray(value) ? value.join(' ') : String(value ?? ''));
  return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
