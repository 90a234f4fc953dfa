import { Command } from 'commander';
import { displayJson } from '../core/display-text.ts';
import type { DependencyView, StatusView } from '../core/status-view.ts';
import { processTerminal } from './terminal.ts';
import { createText, shortTime } from './text.ts';
import type { TextWriter } from './text.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

const HELP = `
Examples:
  remediator status
  remediator status --json | jq '.dependencies[] | select(.state=="down").name'
  watch remediator status

With --json: {mode, paused: null|{reason, by, since, until}, brake, phases: {phase: n}, outcomes: {outcome: n},
dependencies: [{name, kind, state: up|ramp|canary|down|untestable, waiting, inFlight, lastTestAt, lastGoodAt, nextAt, message}],
limits, lastSweepAt, replicas, history, causes: [{key, count}], oldRow}. A key of causes is what --cause takes.
The mode is that of this configuration. Works while the daemon is down (replicas is then 0).
Exit: 0, 1 if Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator status`. */
export function statusCommand(terminal = processTerminal()): Command {
  return new Command('status')
    .description('show phases, outcomes, dependencies, limits, pause and brake, the last sweep')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value')
    .addHelpText('after', HELP)
    .action(async (flags: StoreFlags) => withStore(flags, terminal, async (context) => status(flags, context)));
}

async function status(flags: StoreFlags, { reader, terminal }: StoreContext): Promise<void> {
  const view = await reader.status();
  if (flags.json) terminal.writeOut(`${displayJson(view, terminal.isTerminal ? 2 : undefined)}\n`);
  else writeStatus(view, createText(terminal));
}

/** The state of everything, for people. */
export function writeStatus(view: StatusView, text: TextWriter): void {
  writeState(view, text);
  text.title('Remediations');
  for (const [phase, count] of Object.entries(view.phases)) text.field(phase, count);
  for (const [outcome, count] of Object.entries(view.outcomes)) text.field(`  ${outcome}`, count);
  if (view.dependencies.length > 0) text.title('Dependencies');
  for (const dependency of view.dependencies) text.field(dependency.state, dependencyLine(dependency));
  if (view.causes.length > 0) text.title('For people (--cause takes the key)');
  for (const { key, count } of view.causes) text.field(String(count), key);
  if (view.history > 0) text.line('history is parked; "remediator adopt --since 7d" takes the last 7 days into work');
}

function writeState(
  { mode, replicas, lastSweepAt, paused, brake, limits, oldRow }: StatusView,
  text: TextWriter,
): void {
  text.title('Remediator');
  text.field('mode', mode === 'observe' ? 'observe (nothing is sent)' : mode);
  text.field('replicas', replicas);
  text.field('last sweep', shortTime(lastSweepAt) ?? 'none yet');
  if (paused !== null) text.field('PAUSED', pausedLine(paused));
  if (brake !== null) text.field('BRAKE', `${brake}; "remediator resume" ends it`);
  const { concurrency, perMinute, perCaPerMinute } = limits;
  text.field('limits', `${concurrency} at once, ${perMinute} a minute, ${perCaPerMinute} a minute into one CA`);
  text.field('old rows', oldRow.evidence === null ? oldRow.fate : `${oldRow.fate} (${oldRow.evidence})`);
}

function pausedLine({ reason, by, since, until }: NonNullable<StatusView['paused']>): string {
  const end = until === null ? 'until somebody resumes' : `until ${shortTime(until)}`;
  return `${reason} (by ${by} since ${shortTime(since)}, ${end})`;
}

function dependencyLine({ name, waiting, inFlight, nextAt, message }: DependencyView): string {
  const next = nextAt === null ? '' : `, next look ${shortTime(nextAt)}`;
  const told = message === null ? '' : `; ${message}`;
  return `${name}: ${waiting} waiting, ${inFlight} under way${next}${told}`;
}
