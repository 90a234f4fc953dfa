import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { addOutcome, emptyReport, failureText, reportText } from './report.ts';
import { live } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
    limit: { type: 'string', default: '5' },
  },
});

const from = Number(values.from);
const report = emptyReport();
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const outcome = await live(planOf(seed));
  addOutcome(report, outcome);
  if (outcome.violations.length > 0 && report.failing.length <= Number(values.limit)) console.log(failureText(outcome));
}
console.log(reportText(report));
process.exitCode = report.failing.length > 0 ? 1 : 0;
