import { mayBeNewRun } from '../../../src/core/new-run.ts';
import type { Intent } from '../../../src/core/intent.ts';
import type { Sighting } from '../../../src/core/sighting.ts';
import { NOON, aPolicy, aSighting, anIntent, guid } from '../../support/builders.ts';
import { aPrint } from '../../support/core-builders.ts';

const policy = aPolicy();
const WINDOW = NOON + policy.resolve.window;
const DAY = 24 * 3_600_000;
const UNLIKE = { fingerprint: 'x', requestKey: 'x' };
const OTHER = aPrint(UNLIKE);

test.each<readonly [string, Partial<Sighting>, Partial<Intent>, number, boolean]>([
  ['a row that nobody has read', { print: null }, {}, NOON, true],
  ['a row that nobody has read, however late', { print: null, title: 'other' }, {}, WINDOW * 2, true],
  ['the same wish', { print: aPrint({ fingerprint: 'x' }), title: 'other' }, {}, WINDOW * 2, true],
  ['equal input', { print: aPrint({ requestKey: 'x' }), title: 'other' }, {}, WINDOW * 2, true],
  ['an equal Title that showed within the window', { print: OTHER, firstSeenAt: WINDOW - 1 }, {}, WINDOW * 2, true],
  ['an equal Title that showed after the window', { print: OTHER, firstSeenAt: WINDOW }, {}, WINDOW, false],
  [
    'an equal Title and certificate, however late',
    { print: aPrint({ ...UNLIKE, certificateKeys: ['csr-1'] }), firstSeenAt: WINDOW },
    { certificateKeys: ['csr-1'] },
    WINDOW,
    true,
  ],
  [
    'an equal certificate under another Title',
    { print: aPrint({ ...UNLIKE, certificateKeys: ['csr-1'] }), title: 'other' },
    { certificateKeys: ['csr-1'] },
    WINDOW,
    false,
  ],
  ['an equal Title while it is being sent', { print: OTHER }, { endedAt: null }, WINDOW * 2, true],
  ['another Title and wish', { print: OTHER, title: 'other' }, {}, NOON, false],
  ['the row itself', { id: guid(1), print: null }, {}, NOON, false],
  ['a row from before the restart', { firstSeen: 10, print: null }, {}, NOON, false],
  ['a row of another definition', { definitionId: 'other', print: null }, {}, NOON, false],
  ['a row of another type', { workflowType: 'Revocation', print: null }, {}, NOON, false],
  ['a row whose type is written in other letters', { workflowType: 'ENROLLMENT', print: null }, {}, NOON, true],
  [
    'an old row that is listed for the first time',
    { print: null, lastModified: NOON - DAY },
    { notBefore: NOON },
    NOON,
    false,
  ],
  [
    'one whose date may be in another zone',
    { print: null, lastModified: NOON - DAY / 2 },
    { notBefore: NOON },
    NOON,
    true,
  ],
  [
    'an old row, the time of the restart unknown',
    { print: null, lastModified: NOON - DAY },
    { notBefore: null },
    NOON,
    true,
  ],
])('%s may be the new run of an open restart: %#', (_title, row, intent, now, expected) => {
  const sighting = aSighting({ id: guid(2), firstSeen: 11, ...row });

  expect(mayBeNewRun(sighting, anIntent(intent), now, policy)).toBe(expected);
});
