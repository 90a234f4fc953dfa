import { Command } from 'commander';
import { displayJson } from '../core/display-text.ts';
import type { ExplainView } from '../core/explain-view.ts';
import type { LineageView } from '../core/views.ts';
import { CommandFailure, processTerminal } from './terminal.ts';
import { createText, shortTime } from './text.ts';
import type { TextWriter } from './text.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

const HELP = `
Examples:
  remediator explain 2f0a6d1e-5b1c-4b7e-9c55-0d6f3b7a9e10    any instance of the lineage, old or new, in any case
  remediator explain 812                                     a ReferenceId
  remediator explain 812 --json | jq .timeline

Tells what failed, why it waits or how it ended, on which rule and evidence, which instance became which, when the next step
is due, and what a person can do, with the command lines. Works while the daemon is down.
What has left the list (retention.ended) is told without its timeline, until retention.audit.
With --json: the keys of "remediator list" and isArchived, lineage, timeline, facts, gate, restart, whatPeopleCanDo.
Exit: 0, 1 if the id is unknown or Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator explain <id>`. */
export function explainCommand(terminal = processTerminal()): Command {
  return new Command('explain')
    .description('tell everything about one remediation')
    .argument('<id>', 'GUID of any instance of the lineage, or a ReferenceId')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value')
    .addHelpText('after', HELP)
    .action(async (id: string, flags: StoreFlags) =>
      withStore(flags, terminal, async (context) => explain(id, flags, context)),
    );
}

async function explain(id: string, flags: StoreFlags, { reader, terminal }: StoreContext): Promise<void> {
  const view = await reader.explain(id);
  if (view === null) throw unknownId(id);
  if (flags.json) terminal.writeOut(`${displayJson(view, terminal.isTerminal ? 2 : undefined)}\n`);
  else writeExplained(view, createText(terminal));
}

/** The id belongs to no lineage that the store knows. */
export function unknownId(id: string): CommandFailure {
  return new CommandFailure(
    `no remediation has an instance or ReferenceId "${id}"; "remediator list --search TEXT" finds parts of ids and titles`,
  );
}

/** Everything about one remediation, for people. */
export function writeExplained(view: ExplainView, text: TextWriter): void {
  text.title(view.title ?? view.rootInstanceId);
  text.field('state', view.outcome === null ? view.phase : `${view.phase}: ${view.outcome}`);
  text.field('reason', view.reason);
  text.field('next', shortTime(view.nextAt));
  text.field('attempts', `${view.attemptsMade} of ${view.maxAttempts}`);
  text.field('rule', view.rule);
  text.field('CA', view.ca);
  text.field('definition', view.definitionName ?? view.facts.definitionId);
  text.field('root', view.rootInstanceId);
  text.field('current', view.currentInstanceId);
  text.field('reference', view.referenceId);
  text.field('first seen', shortTime(view.firstSeenAt));
  text.field('ended', shortTime(view.endedAt));
  text.field('archived', view.isArchived ? ARCHIVED : null);
  writeFacts(view, text);
  if (view.lineage.length > 0) text.title('Lineage');
  for (const record of view.lineage) text.line(lineageLine(record));
  text.title('Timeline');
  for (const { at, by, text: what } of view.timeline)
    text.line(`${at}  ${by === 'remediator' ? '' : `[${by}] `}${what}`);
  if (view.whatPeopleCanDo.length > 0) text.title('What people can do');
  for (const { command, does } of view.whatPeopleCanDo) {
    text.line(command);
    text.line(`    ${does}`);
  }
}

const ARCHIVED = 'it has left the list, and its timeline is not kept (retention.ended)';

function writeFacts({ facts, gate, restart }: ExplainView, text: TextWriter): void {
  text.title('Facts');
  text.field('status', facts.status && `${facts.status}, seen ${shortTime(facts.statusSeenAt) ?? 'never'}`);
  text.field('failed step', facts.failedStep);
  text.field('message', facts.failureMessage);
  text.field('template', facts.template);
  text.field('already at CA', facts.issuedEvidence.length === 0 ? null : facts.issuedEvidence.join(', '));
  text.field('held for', facts.holdCause);
  text.field('alert', facts.alertKey);
  if (gate !== null) {
    text.field('parked at', `${gate.dependency} (${gate.state}${gate.message === null ? '' : `: ${gate.message}`})`);
    text.field('', `${gate.inFlight} under way, ${gate.waiting} waiting, next look ${shortTime(gate.nextAt) ?? ''}`);
  }
  if (restart !== null) {
    text.field('last restart', `of ${restart.oldInstanceId} at ${shortTime(restart.openedAt) ?? ''}: ${restart.state}`);
    text.field('', `${restart.why}; the old row is ${restart.oldRowStatus ?? 'not known'} now`);
    if (restart.candidates.length > 0) text.field('candidates', restart.candidates.join(', '));
  }
}

function lineageLine(record: LineageView): string {
  const proof = record.evidence.length === 0 ? '' : `: ${record.evidence.join(', ')}`;
  const became =
    record.newInstanceId ?? (record.candidates.length > 0 ? `one of ${record.candidates.join(', ')}` : '?');
  return `${record.attempt}. ${record.oldInstanceId} -> ${became}  ${record.newStatus ?? 'not seen'} (${record.origin}, ${record.confidence}${proof})`;
}
