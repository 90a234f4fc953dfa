import { Command } from 'commander';
import pc from 'picocolors';
import { displayJson, displayText } from '../core/display-text.ts';
import { wouldWork } from '../core/doctor-finding.ts';
import type { Finding, Level } from '../core/doctor-finding.ts';
import { examine } from '../daemon/examine.ts';
import { loadConfigOrExit } from './load-config-or-exit.ts';
import { processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: true;
}

const HELP = `
Examples:
  remediator doctor --config remediator.yaml                                      before the first start
  remediator doctor --json | jq -r '.findings[] | select(.level=="fail").fix'     what to do, line by line

Looks at the configuration (unwise values), Redis (version, eviction, what a crash can lose), the store
(layout, which Command it belongs to, replicas), Command (reachable, credentials, permissions, version, dialect, which integer
means Failed), its certificate authorities (a Test of the first ten), the fate of restarted rows, and clocks.

Changes nothing: no key in Redis, only reads and CA tests to Command, at most 80 calls in two minutes. Works before the first
start, and beside a running daemon. After a refused password nothing more is tried, so that no account is locked.

ok: fine. info: worth knowing. warning: it would work, with that risk. FAIL: it would not work; the arrow says what to do.
With --json: {ok, findings: [{topic, level: ok|warn|fail|info, text, evidence, fix}]}.
Exit: 0 it would work, 1 it would not, 2 wrong call, 78 bad configuration.`;

/** `remediator doctor`. */
export function doctorCommand(terminal = processTerminal()): Command {
  return new Command('doctor')
    .description('check configuration, Redis and Command, and say what to fix')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => doctor(flags, terminal));
}

async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<void> {
  const { config } = loadConfigOrExit({ file: flags.config, requirements: ['command'] }, terminal);
  const say = (progress: string): void => terminal.writeError(`${displayText(progress)} …\n`);
  const findings = await examine({ config, say });
  const ok = wouldWork(findings);
  if (flags.json) terminal.writeOut(`${displayJson({ ok, findings }, terminal.isTerminal ? 2 : undefined)}\n`);
  else writeFindings(findings, terminal);
  await terminal.drained();
  if (!ok) terminal.exit(1);
}

const SIGNS: Readonly<Record<Level, string>> = { ok: '✓', info: '·', warn: '!', fail: '✗' };
const WORDS: Readonly<Record<Level, string>> = { ok: 'ok', info: 'info', warn: 'warning', fail: 'FAIL' };

/** For people, by topic; then the verdict. */
function writeFindings(findings: readonly Finding[], terminal: Terminal): void {
  const colors = pc.createColors(terminal.isTerminal);
  const paint: Readonly<Record<Level, (text: string) => string>> = {
    ok: colors.green,
    info: colors.dim,
    warn: colors.yellow,
    fail: colors.red,
  };
  const mark = (level: Level): string => paint[level](terminal.isTerminal ? SIGNS[level] : WORDS[level].padEnd(7));
  const indent = ' '.repeat(terminal.isTerminal ? 4 : 10);
  let topic = '';
  for (const finding of findings) {
    if (finding.topic !== topic) terminal.writeOut(`${topic && '\n'}${colors.bold(finding.topic)}\n`);
    ({ topic } = finding);
    terminal.writeOut(`  ${mark(finding.level)} ${displayText(finding.text)}\n`);
    for (const line of finding.evidence?.split('\n') ?? [])
      terminal.writeOut(`${indent}${colors.dim(displayText(line))}\n`);
    if (finding.fix !== null) terminal.writeOut(`${indent}-> ${displayText(finding.fix)}\n`);
  }
  terminal.writeOut(`\n${colors.bold(verdict(findings))}\n`);
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const [fails, warnings] = [count('fail'), count('warn')];
  const risks = warnings === 1 ? '1 warning' : `${warnings} warnings`;
  if (fails === 0) return `It would work (${risks}), as far as can be told without a restart.`;
  return `It would not work: ${fails} to fix, ${risks}.`;
}
