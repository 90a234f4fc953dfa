import { clock, shortened } from './history.ts';
import type { Outcome } from './world.ts';
import { NOON } from '../support/builders.ts';

export interface Report {
  seeds: number;
  steps: number;
  readonly faults: Record<string, number>;
  readonly counts: Record<string, number>;
  readonly violations: Record<string, number>;
  readonly failing: number[];
  readonly ms: number;
}

export function emptyReport(): Report {
  return { seeds: 0, steps: 0, faults: {}, counts: {}, violations: {}, failing: [], ms: 0 };
}

export function addOutcome(report: Report, outcome: Outcome): void {
  report.seeds += 1;
  report.steps += outcome.steps;
  addAll(report.faults, outcome.faults);
  addAll(report.counts, outcome.counts);
  for (const promise of new Set(outcome.violations.map((violation) => violation.promise)))
    report.violations[promise] = (report.violations[promise] ?? 0) + 1;
  if (outcome.violations.length > 0) report.failing.push(outcome.plan.seed);
}

/** The reports of several threads as one. */
export function mergeReports(reports: readonly Report[]): Report {
  const all = emptyReport();
  for (const report of reports) {
    all.seeds += report.seeds;
    all.steps += report.steps;
    addAll(all.faults, report.faults);
    addAll(all.counts, report.counts);
    addAll(all.violations, report.violations);
    all.failing.push(...report.failing);
  }
  all.failing.sort((a, b) => a - b);
  return all;
}

export function addAll(to: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(more)) to[key] = (to[key] ?? 0) + count;
}

/** Seeds, steps, faults by kind, violations. */
export function reportText(report: Report): string {
  const seconds = report.ms / 1000;
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `  ${key}: ${count}`)
      .join('\n');
  return [
    `seeds ${report.seeds}, steps ${report.steps}, ${seconds.toFixed(1)} s`,
    `faults injected:\n${list(report.faults)}`,
    `seen:\n${list(report.counts)}`,
    `violations: ${report.failing.length} seeds${report.failing.length > 0 ? ` (${report.failing.slice(0, 40).join(', ')})` : ''}\n${list(report.violations)}`,
  ].join('\n');
}

/** One failing seed, short enough to read. */
export function failureText({ plan, violations, history, faults }: Outcome): string {
  const [first] = violations;
  if (first === undefined) return '';
  const ids = new Set(violations.slice(0, 3).flatMap((violation) => violation.ids));
  const { policy, ...rest } = plan;
  return [
    `--- seed ${plan.seed} ---`,
    JSON.stringify({
      ...rest,
      restart: policy.restart,
      windowMs: policy.resolve.window,
      interval: policy.poll.interval,
    }),
    `faults: ${JSON.stringify(faults)}`,
    ...violations.slice(0, 3).map(({ promise, text, at }) => `${promise} at ${clock(at - NOON)}: ${shortened(text)}`),
    ...history.about(ids, 45).map((line) => `  ${line}`),
  ].join('\n');
}
