import { mayBeNewRun } from '../../../src/core/new-run.ts';
import type { Intent } from '../../../src/core/intent.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aPolicy, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';

const policy = aPolicy();
const WINDOW = NOON + policy.resolve.window;
const OTHER = aPrint({ fingerprint: 'x', requestKey: 'x' });

test.each<readonly [string, Partial<Sighting>, Partial<Intent>, number, boolean]>([
  ['a row that nobody has read', { print: null }, {}, NOON, true],
  ['a row that nobody has read, however late', { print: null, title: 'other' }, {}, WINDOW * 2, true],
  ['the same wish', { print: aPrint({ fingerprint: 'x' }), title: 'other' }, {}, WINDOW * 2, true],
  ['equal input', { print: aPrint({ requestKey: 'x' }), title: 'other' }, {}, WINDOW * 2, true],
  ['an equal Title within the window', { print: OTHER }, {}, WINDOW - 1, true],
  ['an equal Title after the window', { print: OTHER }, {}, WINDOW, false],
  ['an equal Title while it is being sent', { print: OTHER }, { endedAt: null }, WINDOW * 2, true],
  ['another Title and wish', { print: OTHER, title: 'other' }, {}, NOON, false],
  ['the row itself', { id: guid(1), print: null }, {}, NOON, false],
  ['a row from before the restart', { firstSeen: 10, print: null }, {}, NOON, false],
  ['a row of another definition', { definitionId: 'other', print: null }, {}, NOON, false],
  ['a row of another type', { workflowType: 'Revocation', print: null }, {}, NOON, false],
  ['a row whose type is written in other letters', { workflowType: 'ENROLLMENT', print: null }, {}, NOON, true],
])('%s may be the new run of an open restart: %#', (_title, row, intent, now, expected) => {
  const sighting = aSighting({ id: guid(2), firstSeen: 11, ...row });

  expect(mayBeNewRun(sighting, anIntent(intent), now, policy)).toBe(expected);
});
