import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startTestRedis } from '../support/redis.ts';
import { combinedPlan, singlePlans } from './plan.ts';
import { endingText, runWorlds, slowText } from './run-worlds.ts';

const { values } = parseArgs({
  options: {
    combinations: { type: 'string', default: '0' },
    /** First seed of the combinations. */
    from: { type: 'string', default: '1' },
    /** These seeds alone, separated by commas. */
    seeds: { type: 'string', default: '' },
    /** Each value alone, too. */
    singles: { type: 'boolean', default: false },
    /** Only worlds with this in their name. */
    only: { type: 'string', default: '' },
    /** Worlds at once, where the machine has time for them. */
    jobs: { type: 'string', default: '32' },
    /** A folder for what the daemon of each failing world told. */
    logs: { type: 'string', default: '' },
  },
});

const redis = await startTestRedis();
if (redis === null) throw new Error('no Redis here');
const chosen = values.seeds.split(',').filter((seed) => seed !== '');
const counted = Array.from({ length: Number(values.combinations) }, (_, index) => Number(values.from) + index);
const combinations = [...chosen.map(Number), ...counted];
const plans = [...combinations.map(combinedPlan), ...(values.singles ? singlePlans() : [])].filter(({ name }) =>
  name.includes(values.only),
);
const endings = await runWorlds({
  plans,
  redisUrl: redis.url,
  jobs: Number(values.jobs),
  onEnding: (ending) => {
    const { plan, faults, held, log } = ending;
    console.log(endingText(ending));
    if (faults.length > 0 && values.logs)
      writeFileSync(`${values.logs}/${plan.seed}.log`, [plan.name, ...faults, ...held, ...log].join('\n'));
  },
});
await redis.stop();
const failing = endings.filter(({ faults }) => faults.length > 0);
console.log(slowText(endings));
console.log(`${endings.length} worlds, ${failing.length} failing: ${failing.map(({ plan }) => plan.seed).join(' ')}`);
process.exit(failing.length > 0 ? 1 : 0);
