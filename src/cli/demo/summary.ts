import { displayText } from '../../core/display-text.ts';
import { toLineageView, toRemediationView } from '../../core/views.ts';
import type { LineageView, RemediationView } from '../../core/views.ts';
import type { PromiseCheck } from './promises.ts';
import type { DemoResult } from './run-demo.ts';

/** The summary as other programs read it. */
export interface DemoSummary extends Omit<DemoResult, 'records'> {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly remediations: readonly RemediationView[];
  readonly lineage: readonly LineageView[];
}

export function toSummary({ records, ...result }: DemoResult): DemoSummary {
  const remediations = records.map((record) => toRemediationView(record));
  return {
    ...result,
    outcomes: countOutcomes(remediations),
    remediations,
    lineage: records
      .flatMap(({ lineage }) => lineage)
      .sort((a, b) => a.restartedAt - b.restartedAt)
      .map(toLineageView),
  };
}

function countOutcomes(remediations: readonly RemediationView[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, phase } of remediations) {
    const name = outcome ?? phase;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** What each outcome means, for people who see them for the first time. */
const MEANINGS: Readonly<Record<string, string>> = {
  recovered: 'a new run is Complete',
  held: 'a person must decide',
  exhausted: 'failed again in every attempt',
  obsolete: 'asked again since, nothing to do',
  refused: 'Command said no',
  ignored: 'out of scope',
};

/** The summary for people, as plain lines. */
export function summaryText(summary: DemoSummary): string {
  const sections = [
    ['OUTCOMES', outcomeLines(summary)],
    ['PEOPLE ARE ASKED TO LOOK AT', personLines(summary)],
    ['LINEAGE (old instance -> new instance)', summary.lineage.map(lineageLine)],
    ['PROMISES, checked against what the simulator knows really happened', summary.promises.map(promiseLine)],
    ['STILL OPEN', summary.open],
  ] as const;
  const shown = sections.filter(([, lines]) => lines.length > 0);
  const text = shown.map(([title, lines]) => `${title}\n${lines.map((line) => `  ${displayText(line)}\n`).join('')}`);
  return `\n${text.join('\n')}\n${verdictLine(summary)}\n`;
}

function outcomeLines({ outcomes, restartsByReplica }: DemoSummary): readonly string[] {
  const counts = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  const sent = Object.entries(restartsByReplica).map(([replica, count]) => `${replica} ${count}`);
  return [
    ...counts.map(
      ([name, count]) => `${String(count).padStart(3)}  ${name.padEnd(12)}${MEANINGS[name] ?? 'still open'}`,
    ),
    `restarts sent: ${sent.sort().join(', ')}`,
  ];
}

function personLines({ remediations }: DemoSummary): readonly string[] {
  return remediations
    .filter(({ phase, outcome }) => phase === 'held' || outcome === 'exhausted' || outcome === 'refused')
    .map(
      ({ rootInstanceId, phase, outcome, reason }) => `${rootInstanceId}  ${outcome ?? phase}: ${firstClause(reason)}`,
    );
}

function lineageLine({
  oldInstanceId,
  newInstanceId,
  attempt,
  origin,
  confidence,
  newStatus,
  title,
}: LineageView): string {
  const who = origin === 'remediator' ? '' : ` (${origin})`;
  const end = `${confidence} ${newStatus ?? 'unknown'}${who}`.padEnd(26);
  return `${oldInstanceId} -> ${newInstanceId ?? 'unknown'}  attempt ${attempt}  ${end}${shortTitle(title ?? '')}`;
}

/** The end of a title tells most: `… with CN=web1.example.com.` */
function shortTitle(title: string): string {
  return /CN=[^,:]*?(?=\.?$|[,:])/.exec(title)?.[0] ?? title;
}

function promiseLine({ promise, title, ok, detail }: PromiseCheck): string {
  return `${ok ? 'held  ' : 'BROKEN'}  ${promise.padEnd(4)}${title.padEnd(45)}${detail}`;
}

function verdictLine({ promises, ok, seconds, open }: DemoSummary): string {
  const held = promises.filter((check) => check.ok).length;
  const left = open.length > 0 ? `, ${open.length} still open` : '';
  return `${ok ? 'PASSED' : 'FAILED'}: ${held} of ${promises.length} promises held${left}, in ${seconds.toFixed(1)} s`;
}

function firstClause(reason: string): string {
  return reason.split(';')[0] ?? reason;
}
