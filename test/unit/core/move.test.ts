import { decideMove } from '../../../src/core/move.ts';
import type { MoveFacts } from '../../../src/core/move.ts';
import { restarting, unsent } from '../../../src/core/transition.ts';
import { hasLeft, oldRowState } from '../../../src/core/sighting.ts';
import { aPolicy, aRemediation, aSighting, anIntent } from '../../support/builders.ts';

const wish = { version: 3, from: 'Suspended', by: 'ann@desk', reason: 'new approvers', at: 9000 } as const;
const suspended = aSighting({ status: 'Suspended', definitionVersion: 1 });

function facts(more: Partial<MoveFacts> = {}): MoveFacts {
  return { row: suspended, known: null, intent: null, ...more };
}

/** The lineage of the suspended row. */
function known(more: Parameters<typeof aRemediation>[0]): MoveFacts['known'] {
  return aRemediation({ currentInstanceId: suspended.id, ...more });
}

describe('a wish to move', () => {
  test.each([
    ['an instance on that version', { row: { ...suspended, definitionVersion: 3 } }, 'runs on version 3 already'],
    ['one that went on', { row: { ...suspended, status: 'Running' as const } }, 'it is Running now'],
    ['one that is gone', { row: { ...suspended, isGone: true } }, 'it is gone'],
    ['one with a restart on record', { intent: anIntent({ state: 'accepted' }) }, 'a restart of it is on record'],
    [
      'one whose restart may have happened',
      { known: known({ phase: 'held', holdCause: 'restart may have happened' }) },
      'may have happened',
    ],
    ['one that was restarted', { known: known({ currentInstanceId: 'newer' }) }, 'the newest run is newer'],
    ['one that is under way', { known: known({ phase: 'verifying' }) }, 'under way'],
    ['one that a person holds', { known: known({ phase: 'held', holdCause: 'by a person' }) }, 'a person holds it'],
    ['one that is ignored', { known: known({ phase: 'ended', outcome: 'ignored' }) }, 'ignore it'],
    [
      'one that waits to be moved',
      { known: known({ phase: 'waiting', move: { version: 2, from: 'Suspended' } }) },
      'asked for already',
    ],
  ] satisfies [string, Partial<MoveFacts>, string][])('leaves %s alone', (_title, more, why) => {
    const moving = decideMove(facts(more), wish, aPolicy());

    expect(moving).toMatchObject({ type: 'leave', why: expect.stringContaining(why) as string });
  });

  test('makes a record of its own for a suspended row: no failure, no attempt, due now', () => {
    const moving = decideMove(facts(), wish, aPolicy());

    expect(moving).toMatchObject({
      type: 'move',
      remediation: {
        rootInstanceId: suspended.id,
        phase: 'waiting',
        nextAt: 9000,
        failure: null,
        attemptsMade: 0,
        move: { version: 3, from: 'Suspended' },
        timeline: [{ by: 'ann@desk', text: 'move to version 3: new approvers' }],
      },
    });
  });

  test('goes on with the lineage that has handed its run over to approvers', () => {
    const moving = decideMove(facts({ known: known({ phase: 'handed-over', attemptsMade: 2 }) }), wish, aPolicy());

    expect(moving).toMatchObject({ type: 'move', remediation: { phase: 'waiting', attemptsMade: 2 } });
  });
});

describe('a restart that moves', () => {
  const moved = aRemediation({ attemptsMade: 1, firstRestartAt: null, move: { version: 3, from: 'Suspended' } });

  test('counts as no attempt, and its record says so', () => {
    const after = restarting(moved, ' on version 3', 9000);

    expect(after).toMatchObject({ phase: 'restarting', attemptsMade: 1, firstRestartAt: null });
    expect(after.lineage.at(-1)).toMatchObject({ origin: 'move', attempt: 1 });
  });

  test('stays a wish where nothing was sent', () => {
    const back = unsent(restarting(moved, '', 9000), { wait: 'limits', reason: '429', until: 9500 }, 9100);

    expect(back).toMatchObject({ phase: 'waiting', attemptsMade: 1, move: { version: 3 }, lineage: [] });
  });
});

describe('the row of a move', () => {
  test.each([
    ['Suspended', false],
    ['Unknown', false],
    ['Failed', true],
    ['Running', true],
  ] as const)('%s: has left is %s', (status, expected) => {
    expect(hasLeft({ move: { version: 3, from: 'Suspended' } }, { ...suspended, status })).toBe(expected);
  });

  test.each([
    ['Suspended', 'still Failed'],
    ['Running', 'changed'],
    ['CanceledForRestart', 'restarted'],
  ] as const)('that is %s says: %s', (status, expected) => {
    const search = { lastModified: suspended.lastModified, from: 'Suspended' as const };

    expect(oldRowState({ ...suspended, status }, search)).toBe(expected);
  });
});
