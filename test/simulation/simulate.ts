import { parseArgs } from 'node:util';
import { reportText } from './report.ts';
import { runSeeds } from './run-seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    /** Threads. */
    jobs: { type: 'string', default: '2' },
    /** The most failing seeds that are told at length. */
    tell: { type: 'string', default: '3' },
  },
});

const { seeds, from, jobs, tell } = values;
const { report, failures } = await runSeeds({ from: Number(from), seeds: Number(seeds), jobs: Number(jobs) });
for (const text of failures.slice(0, Number(tell))) console.log(text);
console.log(reportText(report));
process.exitCode = report.failing.length > 0 ? 1 : 0;
