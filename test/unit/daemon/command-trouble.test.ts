import { CONDITIONS } from '../../../src/core/condition.ts';
import type { Conditions } from '../../../src/core/condition.ts';
import { noteCommandBack } from '../../../src/daemon/command-trouble.ts';
import type { WorkParts } from '../../../src/daemon/create-parts.ts';
import type { CommandDialect } from '../../../src/ports/command.ts';
import { NOON } from '../../support/builders.ts';
import { memoryStores } from '../../support/memory-stores.ts';

type Statuses = Pick<CommandDialect, 'isFailedKnown' | 'contraryFailed' | 'openStatuses'>;

const KNOWN: Statuses = { isFailedKnown: true, contraryFailed: null, openStatuses: [] };
const OPEN: Statuses = { isFailedKnown: false, contraryFailed: null, openStatuses: [4] };
const CONTRARY: Statuses = {
  isFailedKnown: false,
  contraryFailed: { name: 'Suspended', integer: 2 },
  openStatuses: [],
};
const NO_ROWS: Statuses = { isFailedKnown: false, contraryFailed: null, openStatuses: [] };

test.each<readonly [string, Statuses, Statuses, readonly string[], number]>([
  ['nobody asked about yet, and Command tells', OPEN, KNOWN, [], 1],
  ['Command does not tell', OPEN, OPEN, ['failed-status-unknown'], 1],
  ['no row shows', NO_ROWS, NO_ROWS, [], 0],
  ['the config gives to Suspended', CONTRARY, CONTRARY, ['failed-status-unknown'], 0],
  ['is known', KNOWN, KNOWN, [], 0],
])('after a sweep, the integer behind Failed that %s', async (_title, seen, learned, expected, questions) => {
  const stores = memoryStores();
  let asked = 0;
  const command = {
    dialect: () => seen,
    learnDialect: async () => {
      asked += 1;
      return learned;
    },
  };
  const parts = { ...stores, command, emit: () => undefined, stopping: new AbortController().signal };

  await noteCommandBack(NOON, parts as unknown as WorkParts);

  expect(Object.keys((await stores.ledger.read<Conditions>(CONDITIONS)) ?? {})).toEqual(expected);
  expect(asked).toBe(questions);
});
