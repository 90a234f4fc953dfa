import { createRenewOnce } from '../../../../src/adapters/command/renew-once.ts';

/** `+a`: Command took token a; `-a`: it answered 401 to it. */
function denials(story: string, canRenew = true): readonly boolean[] {
  const once = createRenewOnce({ renew: () => canRenew });
  return story.split(' ').flatMap((event) => {
    const header = event.slice(1);
    if (event.startsWith('-')) return [once.noteDenied(header)];
    once.noteTaken(header);
    return [];
  });
}

test.each<readonly [string, string, readonly boolean[]]>([
  ['the first 401 is worth a new token', '-a', [true]],
  ['the new token denied as well is not', '-a -b', [true, false]],
  ['nor any later one', '-a -b -c', [true, false, false]],
  ['restarts beside each other, with one token, are one 401', '-a -a -a', [true, true, true]],
  ['one of them that comes late is none of the new token', '-a -b -a', [true, false, true]],
  ['a token that was taken grows old like any other', '-a +b -b', [true, true]],
  ['an old token that was taken elsewhere proves nothing for the new one', '-a +a -b', [true, false]],
])('%s (%s)', (_title, story, expected) => {
  expect(denials(story)).toEqual(expected);
});

test('what cannot be renewed is never worth another try', () => {
  expect(denials('-a -b', false)).toEqual([false, false]);
});
