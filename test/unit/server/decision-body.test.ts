import { readDecisionBody } from '../../../src/server/decision-body.ts';

const TEXT = 'a text of 1 to 500 characters';

test.each<readonly [string, unknown, string]>([
  ['no object', [], 'the body: a JSON object is needed; allowed keys: reason, for, sendAgain'],
  ['nothing', null, 'the body: a JSON object is needed; allowed keys: reason, for, sendAgain'],
  ['no reason', {}, `reason: is missing; allowed: ${TEXT}`],
  ['a number for a text', { reason: 5 }, `reason: 5 is not allowed; allowed: ${TEXT}`],
  ['an object for a text', { reason: { a: 1 } }, `reason: {"a":1} is not allowed; allowed: ${TEXT}`],
  ['blanks', { reason: '  ' }, `reason: "  " is not allowed; allowed: ${TEXT}`],
  ['too much', { reason: 'x'.repeat(501) }, `reason: "${'x'.repeat(59)}… is not allowed; allowed: ${TEXT}`],
  ['a misspelled key', { reason: 'x', sendagain: true }, '"sendagain": unknown key; allowed: reason, for, sendAgain'],
  ['a text for a flag', { reason: 'x', sendAgain: 'yes' }, 'sendAgain: "yes" is not allowed; allowed: true or false'],
  ['null for a flag', { reason: 'x', sendAgain: null }, 'sendAgain: null is not allowed; allowed: true or false'],
  ['no duration', { reason: 'x', for: 'long' }, 'for: "long" is not allowed; allowed: a duration such as 30m, 4h'],
  [
    'a duration of nothing',
    { reason: 'x', for: '0s' },
    'for: "0s" is not allowed; allowed: a duration such as 30m, 4h',
  ],
  [
    'a key of another decision',
    { reason: 'x', successor: 'none' },
    '"successor": unknown key; allowed: reason, for, sendAgain',
  ],
])('a body with %s is refused with key, value and what is allowed', (_title, body, message) => {
  let refusal: unknown = null;
  try {
    readDecisionBody(body, ['for', 'sendAgain']);
  } catch (error) {
    refusal = error;
  }

  expect(refusal).toMatchObject({ statusCode: 400, message });
});

test('a good body is read as it is', () => {
  const body = { reason: ' x ', sendAgain: false, successor: 'none' };

  expect(readDecisionBody(body, ['sendAgain', 'successor'])).toEqual(body);
});
