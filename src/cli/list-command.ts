import { Command, Option } from 'commander';
import { displayJson } from '../core/display-text.ts';
import { OUTCOMES, PHASES } from '../core/remediation.ts';
import type { Outcome, Phase } from '../core/remediation.ts';
import type { RemediationView } from '../core/views.ts';
import type { ListPosition } from '../core/list-position.ts';
import type { RemediationFilter } from '../ports/remediation-store.ts';
import { createTable } from './table.ts';
import { processTerminal } from './terminal.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

interface ListFlags extends StoreFlags {
  readonly phase?: Phase;
  readonly outcome?: Outcome;
  readonly ca?: string;
  readonly search?: string;
}

const HELP = `
Examples:
  remediator list                                       everything, open ones first, oldest first
  remediator list --phase held                          what waits for a person
  remediator list --ca 'ca01.example.com\\Issuing CA 1' --phase waiting
  remediator list --search web01                        part of a title or of an id
  remediator list --json | jq -r 'select(.outcome=="exhausted").rootInstanceId'

With --json: one object a line with rootInstanceId, currentInstanceId, referenceId (the root's), title, definitionName,
instanceIds, phase, outcome, reason, rule, ca, attemptsMade, maxAttempts, nextAt, firstSeenAt, endedAt; all keys are always
there, null where empty. Works while the daemon is down. "remediator explain <id>" tells everything about one.
Exit: 0, 1 if Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator list`. */
export function listCommand(terminal = processTerminal()): Command {
  return new Command('list')
    .description('list remediations, open and ended')
    .addOption(new Option('--phase <phase>', 'only this phase').choices(PHASES))
    .addOption(new Option('--outcome <outcome>', 'only ended ones with this outcome').choices(OUTCOMES))
    .option('--ca <name>', 'only those of this certificate authority')
    .option('--search <text>', 'only those with this text in a title or an id, in any case')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', HELP)
    .action(async (flags: ListFlags) => withStore(flags, terminal, async (context) => list(flags, context)));
}

/** Rows that one look at the store loads. */
const PAGE = 500;

async function list(flags: ListFlags, { reader, terminal }: StoreContext): Promise<void> {
  const filter = toFilter(flags);
  const write = flags.json ? jsonLines(terminal) : rowWriter(terminal);
  const told = new Set<string>(); // one that changes its phase meanwhile would be told twice
  let after: ListPosition | undefined;
  for (;;) {
    const page = await reader.list(filter, PAGE, after);
    const news = page.map(({ view }) => view).filter(({ rootInstanceId }) => !told.has(rootInstanceId));
    for (const { rootInstanceId } of news) told.add(rootInstanceId);
    if (news.length > 0) write(news);
    after = page.at(-1)?.position;
    if (page.length < PAGE || !(await terminal.drained())) break;
  }
  if (told.size === 0) terminal.writeError('no remediation matches\n');
}

function toFilter({ phase, outcome, ca, search }: ListFlags): RemediationFilter {
  return {
    ...(phase ? { phase } : {}),
    ...(outcome ? { outcome } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(search === undefined ? {} : { search }),
  };
}

type Writer = (views: readonly RemediationView[]) => void;

function jsonLines(terminal: StoreContext['terminal']): Writer {
  return (views) => terminal.writeOut(`${views.map((view) => displayJson(view)).join('\n')}\n`);
}

function rowWriter(terminal: StoreContext['terminal']): Writer {
  const columns = [
    { title: 'Instance (root)', width: 36 },
    { title: 'Ref', width: 8 },
    { title: 'State', width: 12 },
    { title: 'Tries', width: 6 },
    { title: 'Next', width: 20 },
    { title: 'Title', grow: 2 },
    { title: 'Reason', grow: 3 },
  ];
  const table = createTable(columns, terminal);
  return (views) => table(views.map(toRow));
}

/** The cells of one row, the same on a terminal and in a pipe. */
export function toRow(view: RemediationView): readonly string[] {
  return [
    view.rootInstanceId,
    String(view.referenceId ?? ''),
    view.outcome ?? view.phase,
    `${view.attemptsMade}/${view.maxAttempts}`,
    view.nextAt === null ? '' : `${view.nextAt.slice(0, 19)}Z`,
    view.title ?? '',
    view.reason,
  ];
}
