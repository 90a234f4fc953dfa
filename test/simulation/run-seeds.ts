import { once } from 'node:events';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { planOf } from './plan.ts';
import { addOutcome, emptyReport, failureText, mergeReports } from './report.ts';
import type { Report } from './report.ts';
import { live } from './world.ts';

export interface SeedsRun {
  readonly report: Report;
  /** Short histories of the first failing seeds. */
  readonly failures: readonly string[];
}

interface Share {
  readonly from: number;
  readonly seeds: number;
  /** Every how manieth seed. */
  readonly stride: number;
}

/** A world makes much that is soon forgotten: with more room for it less time goes into collecting it. */
const YOUNG_MB = 128;

/** The most failing seeds a thread tells at length. */
const TOLD_LIMIT = 10;

/** Lives through these seeds, spread over threads. */
export async function runSeeds({
  from,
  seeds,
  jobs,
}: {
  from: number;
  seeds: number;
  jobs: number;
}): Promise<SeedsRun> {
  const begunMs = performance.now();
  const shares = Array.from({ length: jobs }, (_none, job): Share => ({
    from: from + job,
    seeds: Math.ceil((seeds - job) / jobs),
    stride: jobs,
  }));
  const runs = await Promise.all(shares.map(async (share) => inThread(share)));
  const report = { ...mergeReports(runs.map((run) => run.report)), ms: performance.now() - begunMs };
  return { report, failures: runs.flatMap(({ failures }) => failures) };
}

async function inThread(share: Share): Promise<SeedsRun> {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  const worker = new Worker(new URL(import.meta.url), { workerData: share, resourceLimits });
  const [run] = (await once(worker, 'message')) as [SeedsRun];
  return run;
}

async function runShare({ from, seeds, stride }: Share): Promise<SeedsRun> {
  const report = emptyReport();
  const failures: string[] = [];
  for (let number = 0; number < seeds; number++) {
    const outcome = await live(planOf(from + number * stride));
    addOutcome(report, outcome);
    if (outcome.violations.length > 0 && failures.length < TOLD_LIMIT) failures.push(failureText(outcome));
  }
  return { report, failures };
}

if (!isMainThread && parentPort !== null && isShare(workerData)) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort.postMessage(await runShare(workerData));
}

function isShare(data: unknown): data is Share {
  return typeof data === 'object' && data !== null && 'stride' in data;
}
