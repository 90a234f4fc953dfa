import { withCompletion } from '../../../src/core/dependency.ts';
import { FEED } from '../../../src/core/feed.ts';
import type { Feed } from '../../../src/core/feed.ts';
import { chooseRule } from '../../../src/core/rules.ts';
import type { PollerParts } from '../../../src/poller/parts.ts';
import { sweep } from '../../../src/poller/sweep.ts';
import { gatherGates } from '../../../src/remediation/gather-gates.ts';
import type { RemediationParts } from '../../../src/remediation/parts.ts';
import { NOON, aPolicy, aRemediation } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

const GATE = 'portal';
const MINUTE = 60_000;

/** A world whose sweeps find nothing, with one gate that three completions have opened wide. */
async function aWorld() {
  const stores = memoryStores();
  const policy = aPolicy({ oldRow: 'leaves' });
  const page = { rows: [], received: 0, isFiltered: true, isOrdered: true, isLast: true, total: 0 };
  const command = {
    learnDialect: async () => undefined,
    dialect: () => ({ dateLiterals: 'day' }),
    listInstances: async () => ({ ...page, requestedAt: stores.now(), serverTime: stores.now() }),
  };
  const parts = { ...stores, policy, command, emit: () => undefined } as unknown as PollerParts & RemediationParts;
  const open = async () => {
    for (let runs = 0; runs < 3; runs++)
      await stores.gates.update(GATE, 'step', (known) => withCompletion(known, stores.now()));
  };
  const look = async () => {
    const remediation = aRemediation({ ca: null });
    const subject = { ...remediation, step: '', stepUniqueName: null, message: '', template: null, failedAt: NOON };
    const ruling = { ...chooseRule(subject, policy, NOON), dependencies: [GATE] };
    const { doors, shut } = await gatherGates(remediation, ruling, await stores.ledger.read<Feed>(FEED), parts);
    return { allowance: doors[0]?.allowance, isShut: shut !== null };
  };
  return { ...stores, open, look, sweep: async () => sweep(parts) };
}

test('a gate stays open while sweeps go well', async () => {
  const { open, look, sweep: sweepNow, pass } = await aWorld();
  await sweepNow();
  await open();

  pass(5 * MINUTE);
  expect(await look()).toEqual({ allowance: 4, isShut: false });
  await sweepNow();

  expect(await look()).toEqual({ allowance: 4, isShut: false });
});

test('every gate is shut after more than canaryWindow without a sweep, before that sweep and to one canary after it', async () => {
  const { open, look, sweep: sweepNow, pass } = await aWorld();
  await sweepNow();
  await open();

  pass(5 * MINUTE + 1);
  expect(await look()).toMatchObject({ isShut: true });
  await sweepNow();

  expect(await look()).toEqual({ allowance: 1, isShut: false });
});

test('every gate is shut at a new epoch', async () => {
  const { open, look, sweep: sweepNow } = await aWorld();
  await open();

  await sweepNow();

  expect(await look()).toEqual({ allowance: 1, isShut: false });
});
