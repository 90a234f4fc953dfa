import { Command, InvalidArgumentError } from 'commander';
import { displayJson, displayText } from '../core/display-text.ts';
import type { Remediation, Wait } from '../core/remediation.ts';
import { openMover } from '../daemon/move-version.ts';
import type { MoveCandidate, MovePlan, MoveQuestion, Mover } from '../daemon/move-version.ts';
import { agree } from './agree.ts';
import { toReason } from './pause-command.ts';
import { CommandFailure, processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { whoDecides } from './who.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

interface MoveFlags extends StoreFlags {
  readonly definition: string;
  readonly to: number;
  readonly status: 'Suspended' | 'Failed';
  readonly limit?: number;
  readonly reason: string;
  readonly dryRun?: true;
  readonly yes?: true;
}

const HELP = `
Examples:
  remediator move-version --definition 5a0c… --to 4 --dry-run             what would be moved; nothing is changed
  remediator move-version --definition 5a0c… --to 4                       suspended instances go to version 4
  remediator move-version --definition 5a0c… --to 4 --status failed --limit 50

An instance keeps the version of the definition that it began with; only a restart moves it, and that begins again with the first
step: what was approved is asked for again (the question says for how many), mails are sent again.

The command lists, asks and records; the running daemon makes the restarts, through the same door, gates and limits as every other:
at most one restart of an instance, none into a dead CA, none where a certificate was or may have been issued, none while a later
run of the same request is there. In the lineage such a restart has the origin "move"; it is no attempt. In lots of 20: the next lot
goes once every restart of the one before is settled. Left out: what runs on that version already, what is under way, what may have
been restarted, what a person holds or ignored. Interrupted, it can be run again: what was moved is not moved twice. A wish that
waits is taken back with "remediator ignore <id>".

With --json one object a line: {instanceId, newInstanceId, result: moved|held|refused|left out|waiting|would move, reason}.
Exit: 0 every chosen one was moved or left out, 1 some were held, refused or still wait, 2 wrong call, 78 bad configuration.`;

/** `remediator move-version`. */
export function moveVersionCommand(terminal = processTerminal()): Command {
  return new Command('move-version')
    .description('restart instances onto a version of their definition')
    .requiredOption('--definition <id>', 'the definition, by its GUID', toGuid)
    .requiredOption('--to <n>', 'the version to run on', toCount)
    .option('--status <status>', 'suspended or failed', toStatus, 'Suspended' as const)
    .option('--limit <n>', 'at most so many, those changed last', toCount)
    .option('--reason <text>', 'why; it is kept in the timeline with your name', toReason, 'moved to another version')
    .option('--dry-run', 'list what would be moved and change nothing')
    .option('--yes', 'do not ask')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', HELP)
    .action(async (flags: MoveFlags) => withStore(flags, terminal, async (context) => moveVersion(flags, context)));
}

async function moveVersion(flags: MoveFlags, context: StoreContext): Promise<void> {
  const { opened, config, terminal } = context;
  await opened.attach();
  const mover = openMover(config, opened);
  try {
    const plan = await mover.plan(toQuestion(flags));
    if (typeof plan === 'string') throw new CommandFailure(plan);
    tellPlan(plan, flags, terminal);
    if (flags.dryRun) {
      for (const candidate of plan.candidates) tell(candidate, { result: 'would move' }, flags, terminal);
      return;
    }
    if (plan.candidates.length === 0) return;
    if ((await opened.ledger.replicas()) === 0)
      throw new CommandFailure('no daemon works on this store: start "remediator run", it makes the restarts');
    await agree(`move ${plan.candidates.length} instances to version ${flags.to}?`, flags.yes, terminal);
    if (!(await moveAll(plan.candidates, { mover, flags, context })))
      throw new CommandFailure('not all of them were moved; the lines above say why');
  } finally {
    await mover.close();
  }
}

function toQuestion({ definition, to, status, limit }: MoveFlags): MoveQuestion {
  return { definitionId: definition, version: to, from: status, limit: limit ?? Number.POSITIVE_INFINITY };
}

function tellPlan(plan: MovePlan, { to, status, definition }: MoveFlags, terminal: Terminal): void {
  const { candidates, alreadyThere, definitionName, warning } = plan;
  if (warning !== null) terminal.writeError(`warning: ${displayText(warning)}\n`);
  const name = displayText(definitionName ?? definition);
  const approved = candidates.filter(({ losesApproval }) => losesApproval).length;
  terminal.writeError(
    `${name}: ${candidates.length} ${status} to move to version ${to}; ${alreadyThere} run on it already\n`,
  );
  if (approved > 0)
    terminal.writeError(`${approved} of them lose an approval that was given: their approvers are asked again\n`);
}

interface Moves {
  readonly mover: Mover;
  readonly flags: MoveFlags;
  readonly context: StoreContext;
}

/** So many wishes are open at a time. */
const LOT = 20;

/** True: every one was moved or left out. */
async function moveAll(candidates: readonly MoveCandidate[], moves: Moves): Promise<boolean> {
  const { terminal } = moves.context;
  let isWhole = true;
  for (let first = 0; first < candidates.length; first += LOT) {
    const ended = await moveLot(candidates.slice(first, first + LOT), moves);
    terminal.writeError(`${Math.min(first + LOT, candidates.length)} of ${candidates.length} done\n`);
    isWhole &&= ended === 'moved';
    if (ended === 'waiting') {
      terminal.writeError('stopped: some wait, and the next would wait behind them\n');
      return false;
    }
  }
  return isWhole;
}

async function moveLot(
  lot: readonly MoveCandidate[],
  { mover, flags, context }: Moves,
): Promise<'moved' | 'not all' | 'waiting'> {
  const { opened, terminal } = context;
  const open = new Map<string, MoveCandidate>();
  for (const candidate of lot) {
    const by = whoDecides(terminal.env);
    const wish = { version: flags.to, from: flags.status, by, reason: flags.reason, at: opened.kv.now() };
    const requested = await mover.request(candidate, wish);
    if (requested.type === 'requested') open.set(requested.rootInstanceId, candidate);
    else tell(candidate, { result: 'left out', reason: requested.why }, flags, terminal);
  }
  const results: Result[] = [];
  for (const until = Date.now() + WAIT_MS; open.size > 0; await pause()) {
    const isLate = Date.now() > until;
    for (const record of await opened.store.loadMany([...open.keys()])) {
      const candidate = open.get(record.rootInstanceId);
      const outcome = outcomeOf(record, candidate?.instanceId ?? '', isLate);
      if (candidate === undefined || outcome === null) continue;
      open.delete(record.rootInstanceId);
      results.push(outcome.result);
      tell(candidate, outcome, flags, terminal);
    }
  }
  if (results.includes('waiting')) return 'waiting';
  return results.every((result) => result === 'moved') ? 'moved' : 'not all';
}

/** A lot gets this long; what waits for longer is told with its reason. */
const WAIT_MS = 10 * 60_000;
const LOOK_MS = 500;

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

type Result = 'moved' | 'held' | 'refused' | 'left out' | 'waiting' | 'would move';

interface Outcome {
  readonly result: Result;
  readonly newInstanceId?: string | null;
  readonly reason?: string;
}

/** Waits that only a person ends. */
const FOR_PEOPLE: ReadonlySet<Wait> = new Set(['pause', 'brake', 'observe', 'access', 'command', 'status unknown']);

/** Null: it is under way. */
function outcomeOf(record: Remediation, instanceId: string, isLate: boolean): Outcome | null {
  const { phase, reason, wait, outcome, lineage } = record;
  const moved = lineage.findLast(({ oldInstanceId }) => oldInstanceId === instanceId);
  const newInstanceId = moved?.newInstanceId ?? null;
  if (newInstanceId !== null) return { result: 'moved', newInstanceId, reason };
  if (phase === 'held') return { result: 'held', reason };
  if (phase === 'ended') return { result: outcome === 'refused' ? 'refused' : 'left out', reason };
  const isStuck = phase === 'waiting' && wait !== null && FOR_PEOPLE.has(wait);
  return isStuck || isLate ? { result: 'waiting', reason } : null;
}

function tell(candidate: MoveCandidate, outcome: Outcome, { json }: MoveFlags, terminal: Terminal): void {
  const { instanceId, title, version, losesApproval } = candidate;
  const { result, newInstanceId = null } = outcome;
  const said = losesApproval && result === 'would move' ? 'loses an approval that was given' : null;
  const reason = outcome.reason ?? said;
  if (json) return terminal.writeOut(`${displayJson({ instanceId, newInstanceId, result, reason })}\n`);
  const where = newInstanceId === null ? `version ${version ?? '?'}` : `-> ${newInstanceId}`;
  terminal.writeOut(
    `${result.padEnd(10)} ${instanceId} ${where}  ${displayText(title ?? '')}${reason ? `  (${displayText(reason)})` : ''}\n`,
  );
}

function toStatus(text: string): MoveFlags['status'] {
  if (/^suspended$/i.test(text)) return 'Suspended';
  if (/^failed$/i.test(text)) return 'Failed';
  throw new InvalidArgumentError('allowed: suspended, failed');
}

function toGuid(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('allowed: the GUID of a definition');
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('allowed: a whole number from 1');
  return count;
}
