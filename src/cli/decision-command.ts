import { Command } from 'commander';
import type { DecisionType } from '../core/decision.ts';
import { displayJson, displayText } from '../core/display-text.ts';
import type { OpenStore } from '../daemon/open-store.ts';
import { chooseMany } from './choose-many.ts';
import { DECISION_HELP } from './decision-help.ts';
import { toReason } from './pause-command.ts';
import { showEvidence } from './show-evidence.ts';
import { CommandFailure, processTerminal } from './terminal.ts';
import { whoDecides } from './who.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

export interface DecisionFlags extends StoreFlags {
  readonly reason: string;
  readonly ca?: string;
  readonly cause?: string;
  readonly rule?: string;
  readonly yes?: true;
  readonly sendAgain?: true;
  readonly successor?: string;
}

const DESCRIPTIONS: Readonly<Record<DecisionType, string>> = {
  retry: 'work on it again at once, with one more attempt; also reopens an end',
  hold: 'send nothing for it until somebody releases it',
  release: 'back to work; what it was held for is waived this once',
  ignore: 'end it: out of scope, nothing is to be done',
};

/** `remediator retry | hold | release | ignore`. */
export function decisionCommand(type: DecisionType, terminal = processTerminal()): Command {
  const command = new Command(type)
    .description(DESCRIPTIONS[type])
    .argument('[id...]', 'GUIDs of any instance of a lineage, or ReferenceIds')
    .requiredOption('--reason <text>', 'why; it is kept in the timeline with your name', toReason)
    .option('--ca <name>', 'instead of ids: all of this certificate authority')
    .option('--cause <key>', 'instead of ids: all of this alert key (see "remediator status")')
    .option('--rule <name>', 'instead of ids: all of this rule')
    .option('--yes', 'do it without asking')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON object a line: {id, rootInstanceId, result, phase, why}');
  if (type === 'retry' || type === 'release')
    command.option('--send-again', 'restart one id again although a restart of it may have happened');
  if (type === 'release') command.option('--successor <id>', 'settle a restart: the id of its new run, or "none"');
  return command
    .addHelpText('after', DECISION_HELP[type])
    .action(async (ids: readonly string[], flags: DecisionFlags) => {
      const fault = callFault(ids, flags);
      if (fault !== null) command.error(`error: ${fault}`);
      await withStore(flags, terminal, async (context) => decide(type, ids, flags, context));
    });
}

async function decide(
  type: DecisionType,
  ids: readonly string[],
  flags: DecisionFlags,
  context: StoreContext,
): Promise<void> {
  const isBulk = ids.length === 0;
  const chosen = isBulk ? await chooseMany(type, flags, context) : ids;
  if (flags.sendAgain && !(await showEvidence(ids[0] ?? '', flags, context))) return;
  if (chosen.length === 0) return;
  await context.opened.attach();
  const failed = await decideEach(type, chosen, flags, context);
  if (failed > 0 && !isBulk) throw new CommandFailure(`${failed} of ${chosen.length} not done`);
}

/** What is wrong with the call; null: nothing. */
function callFault(ids: readonly string[], flags: DecisionFlags): string | null {
  const { ca, cause, rule, sendAgain, successor } = flags;
  const hasFilter = ca !== undefined || cause !== undefined || rule !== undefined;
  if (ids.length === 0 && !hasFilter) return 'name an id, or choose with --ca, --cause or --rule';
  if (ids.length > 0 && hasFilter) return 'name ids, or choose with --ca, --cause or --rule, not both';
  const isOne = ids.length === 1 || !(sendAgain === true || successor !== undefined);
  return isOne ? null : '--send-again and --successor take one id';
}

/** Answers how many were not done. */
async function decideEach(
  type: DecisionType,
  ids: readonly string[],
  flags: DecisionFlags,
  { opened, terminal }: StoreContext,
): Promise<number> {
  const { reason, sendAgain, successor } = flags;
  const wish = {
    type,
    reason,
    by: whoDecides(terminal.env),
    ...(sendAgain ? { sendAgain } : {}),
    ...(successor === undefined ? {} : { successor }),
  };
  let failed = 0;
  for (const id of ids) {
    const line = toLine(id, await opened.decide(id, wish));
    if (line.result !== 'done') failed += 1;
    if (flags.json) terminal.writeOut(`${displayJson(line)}\n`);
    else if (line.result === 'done') terminal.writeOut(`${id}\tdone\t${displayText(`${line.phase}: ${line.why}`)}\n`);
    else terminal.writeError(`${displayText(`${id}: ${line.why}`)}\n`);
  }
  return failed;
}

interface DecisionLine {
  readonly id: string;
  readonly rootInstanceId: string | null;
  readonly result: 'done' | 'refused' | 'unknown';
  readonly phase: string | null;
  readonly why: string;
}

function toLine(id: string, decided: Awaited<ReturnType<OpenStore['decide']>>): DecisionLine {
  if (decided.type === 'unknown') {
    const why = 'no remediation has such an instance or ReferenceId';
    return { id, rootInstanceId: null, result: 'unknown', phase: null, why };
  }
  const { rootInstanceId, phase, reason } = decided.remediation;
  const isDone = decided.type === 'done';
  return { id, rootInstanceId, result: isDone ? 'done' : 'refused', phase, why: isDone ? reason : decided.why };
}
