import { OPTIONS, optionOf } from '../../../src/config/options.ts';

test('every option has help, a type, and says what is allowed', () => {
  const poor = OPTIONS.filter(({ help, type, allowed }) => help.length < 8 || type === '' || allowed === '');

  expect(poor).toEqual([]);
});

test('no option stands twice, and no two share a variable', () => {
  const variables = OPTIONS.flatMap(({ variable }) => variable ?? []);

  expect(new Set(OPTIONS.map(({ key }) => key)).size).toBe(OPTIONS.length);
  expect(new Set(variables).size).toBe(variables.length);
});

test.each([
  [
    'restart.maxAttempts',
    { type: 'count', defaultText: '4', variable: 'REMEDIATOR__RESTART__MAXATTEMPTS', isSecret: false },
  ],
  ['poll.interval', { type: 'duration', defaultText: '30s', isSecret: false }],
  ['resolve.ignoreKeys', { defaultText: '["OperationStart"]' }],
  ['command.auth.password', { defaultText: '', isSecret: true }],
  ['rules[].name', { isRequired: true, variable: null }],
] as const)('describes %s', (key, expected) => {
  expect(optionOf(key)).toMatchObject(expected);
});

test.each([
  ['rules[3].match.ca', 'rules[].match.ca'],
  ['alerts.channels[0].headers.X.Key[', 'alerts.channels[].headers'],
  ['rules[0]', 'rules'],
  ['command.statusMap.Failed', 'command.statusMap'],
  ['nothing.at.all', undefined],
  ['', undefined],
])('finds the option around %p', (key, expected) => {
  expect(optionOf(key)?.key).toBe(expected);
});
