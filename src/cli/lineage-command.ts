import { Command, InvalidArgumentError, Option } from 'commander';
import { displayJson } from '../core/display-text.ts';
import type { Time } from '../core/instance.ts';
import { LINEAGE_CSV_HEADER, toLineageCsv } from '../core/lineage-csv.ts';
import type { RecordPosition } from '../core/list-position.ts';
import { SINCE_FORMS, parseSince } from '../core/since.ts';
import type { LineageView } from '../core/views.ts';
import { createTable } from './table.ts';
import { processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

interface LineageFlags extends StoreFlags {
  readonly since?: Time;
  readonly format?: 'json' | 'csv';
}

const HELP = `
Examples:
  remediator lineage --since 24h                        restarts of the last day
  remediator lineage --since 2026-01-01 --format csv > restarts.csv
  remediator lineage --json | jq -r 'select(.oldInstanceId=="…").newInstanceId'

--since takes ${SINCE_FORMS}.
Without --format: a table on a terminal, else JSON. JSON is one object a line with oldInstanceId, newInstanceId,
rootInstanceId, oldReferenceId, newReferenceId, attempt, origin (remediator, external, move), confidence (exact, unique,
ambiguous, none), candidates, evidence, definitionId, definitionName, title, restartedAt, resolvedAt, newStatus; csv has the
same columns behind a header line, lists joined by blanks. Records of remediations that have left the list come last; they are
kept until retention.audit. Works while the daemon is down.
Exit: 0, 1 if Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator lineage`. */
export function lineageCommand(terminal = processTerminal()): Command {
  return new Command('lineage')
    .description('print which instance became which: one record a restart')
    .option('--since <time>', 'only restarts since then: a duration back from now, or a time', toSince)
    .addOption(new Option('--format <format>', 'how to print it').choices(['json', 'csv']))
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'the same as --format json')
    .addHelpText('after', HELP)
    .action(async (flags: LineageFlags) => withStore(flags, terminal, async (context) => lineage(flags, context)));
}

/** Lineages that one look at the store loads. */
const PAGE = 500;

async function lineage(flags: LineageFlags, { reader, terminal }: StoreContext): Promise<void> {
  const write = createWriter(flags, terminal);
  const told = new Set<string>();
  let after: RecordPosition | undefined;
  for (;;) {
    const page = await reader.lineage(flags.since ?? null, PAGE, after);
    const news = page.filter(({ position }) => !told.has(position.root));
    for (const { position } of news) told.add(position.root);
    const records = news.flatMap(({ view }) => view);
    if (records.length > 0) write(records);
    after = page.at(-1)?.position;
    if (page.length < PAGE || !(await terminal.drained())) return;
  }
}

/** Reads `--since`, for commander. */
export function toSince(text: string): Time {
  const since = parseSince(text, Date.now());
  if (since === null) throw new InvalidArgumentError(`allowed: ${SINCE_FORMS}`);
  return since;
}

type Writer = (records: readonly LineageView[]) => void;

function createWriter({ format, json }: LineageFlags, terminal: Terminal): Writer {
  const lines = (toLine: (record: LineageView) => string): Writer => {
    return (records) => terminal.writeOut(`${records.map(toLine).join('\n')}\n`);
  };
  if (format === 'csv') {
    terminal.writeOut(`${LINEAGE_CSV_HEADER}\n`);
    return lines(toLineageCsv);
  }
  if (format === 'json' || json || !terminal.isTerminal) {
    return (records) => terminal.writeOut(`${records.map((record) => displayJson(record)).join('\n')}\n`);
  }
  const columns = [
    { title: 'Old instance', width: 36 },
    { title: 'New instance', width: 36 },
    { title: 'Try', width: 4 },
    { title: 'Restarted', width: 20 },
    { title: 'Proof', width: 10 },
    { title: 'Became', width: 10 },
    { title: 'Title', grow: 1 },
  ];
  const table = createTable(columns, terminal);
  return (records) => table(records.map(toRow));
}

function toRow(record: LineageView): readonly string[] {
  return [
    record.oldInstanceId,
    record.newInstanceId ?? '',
    String(record.attempt),
    `${record.restartedAt.slice(0, 19)}Z`,
    record.confidence,
    record.newStatus ?? '',
    record.title ?? '',
  ];
}
