import { loadConfig } from '../../../src/config/load-config.ts';
import { toPolicy } from '../../../src/daemon/to-policy.ts';

test("a rule's waits while nothing can be sent come from its own ladder, and what it says of both", () => {
  const rules = [
    { name: 'a', match: {}, backoff: { factor: 3, first: '1m', unreachable: { first: '7s', max: '9m' } } },
  ];
  const env = { KEYFACTOR_HOSTNAME: 'https://command', REMEDIATOR__RULES: JSON.stringify(rules) };

  const [rule] = toPolicy(loadConfig({ env }).config).rules;

  expect(rule?.unreachable).toEqual({ factor: 3, first: 7000, max: 540_000 });
  expect(rule?.backoff).toEqual({ factor: 3, first: 60_000 });
});
