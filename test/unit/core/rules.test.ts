import * as fc from 'fast-check';
import { chooseRule, globMatches, isCaStep, isIssuingStep, unreachableLadder } from '../../../src/core/rules.ts';
import type { Rule, RuleSubject } from '../../../src/core/rules.ts';
import { NOON, aPolicy, guid } from '../../support/builders.ts';

const HOUR = 3_600_000;
const policy = aPolicy();

test.each([
  ['*', '', true],
  ['*', 'anything', true],
  ['', '', true],
  ['', 'x', false],
  ['enroll', 'Enroll', true],
  ['enroll', 'enrolled', false],
  ['enroll*', 'EnrollStep', true],
  ['*step', 'EnrollStep', true],
  ['*nrol*', 'EnrollStep', true],
  ['e*p', 'EnrollStep', true],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['ab*ba', 'aba', false],
  ['*a*b*', 'xaxbx', true],
  ['*b*a*', 'xaxbx', false],
  ['*ab*b', 'ab', false],
  ['**', 'x', true],
  ['a**b', 'ab', true],
  ['a.c', 'abc', false],
  ['(502)*', '(502) Bad Gateway', true],
  ['a?c', 'abc', false],
  ['*\n*', 'two\nlines', true],
  ['first*', 'first\nsecond', true],
])('the pattern %j and %j: %s', (pattern, text, expected) => {
  expect(globMatches(pattern, text)).toBe(expected);
});

test('a glob is found wherever its parts stand in their order', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\'), maxLength: 4 });

  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), fc.array(part, { maxLength: 3 }), (parts, fillers) => {
      const text = parts
        .map((one, index) => `${one}${index < parts.length - 1 ? (fillers[index] ?? '') : ''}`)
        .join('');
      expect(globMatches(parts.join('*'), text)).toBe(true);
    }),
    { seed: 3 },
  );
});

const subject: RuleSubject = {
  definitionId: guid(0xdef),
  definitionName: 'Web server enrolment',
  workflowType: 'Enrollment',
  step: 'Enroll Certificate',
  stepUniqueName: 'EnrollStep',
  message: 'The RPC server is unavailable. 0x800706ba',
  ca: 'ca01\\Issuing CA 1',
  template: 'WebServer',
  failedAt: NOON,
};
const rule = (changes: Partial<Rule>): Rule => ({ name: 'mine', match: {}, action: 'hold', ...changes });
const chosen = (rules: readonly Rule[], changes: Partial<RuleSubject> = {}, now = NOON): string =>
  chooseRule({ ...subject, ...changes }, aPolicy({ rules }), now).name;

test.each<readonly [string, Rule['match'], boolean]>([
  ['no condition', {}, true],
  ['the name of the definition', { definition: 'web*' }, true],
  ['the id of the definition', { definition: guid(0xdef) }, true],
  ['another definition', { definition: 'mail*' }, false],
  ['the type', { workflowType: 'enrollment' }, true],
  ['another type', { workflowType: 'Revocation' }, false],
  ['the name of the step', { step: 'enroll cert*' }, true],
  ['the unique name of the step', { step: 'enrollstep' }, true],
  ['another step', { step: 'Approve*' }, false],
  ['a part of the message', { message: '*0x800706BA*' }, true],
  ['another message', { message: 'denied*' }, false],
  ['the CA', { ca: 'ca01\\*' }, true],
  ['another CA', { ca: 'ca02\\*' }, false],
  ['the template', { template: 'web*' }, true],
  ['one condition of two', { template: 'web*', ca: 'ca02*' }, false],
  ['an age that is not reached', { olderThan: 2 * HOUR }, false],
  ['an age that is passed', { olderThan: HOUR - 1 }, true],
  ['exactly the age', { olderThan: HOUR }, false],
  ['a youth that holds', { youngerThan: HOUR + 1 }, true],
  ['a youth that is over', { youngerThan: HOUR }, false],
])('a rule for %s matches: %s', (_title, match, expected) => {
  expect(chosen([rule({ match })], {}, NOON + HOUR) === 'mine').toBe(expected);
});

test.each<readonly [string, Partial<RuleSubject>, Rule['match'], boolean]>([
  ['a star matches a CA that is not named', { ca: null }, { ca: '*' }, true],
  ['a name does not', { ca: null }, { ca: 'ca*' }, false],
  ['a template that is not named is not any', { template: null }, { template: 'web*' }, false],
  ['a definition without a name still has its id', { definitionName: null }, { definition: guid(0xdef) }, true],
  ['a step without a unique name still has its name', { stepUniqueName: null }, { step: 'enroll*' }, true],
])('%s', (_title, changes, match, expected) => {
  expect(chosen([rule({ match })], changes) === 'mine').toBe(expected);
});

test('the first rule that matches wins, yours before the shipped ones', () => {
  const rules = [
    rule({ name: 'other', match: { ca: 'ca02*' } }),
    rule({ name: 'first', match: { ca: 'ca01*' } }),
    rule({ name: 'second' }),
  ];

  expect(chosen(rules)).toBe('first');
  expect(chosen(rules, { ca: null })).toBe('second');
});

test.each<readonly [string, Partial<RuleSubject>, number]>([
  ['an enrol step with a named CA gets the full ladder', {}, 4],
  ['a renewal step too', { step: 'Auto Renewal', stepUniqueName: 'AutoRenew1' }, 4],
  ['a revocation step too', { step: 'Revoke', stepUniqueName: null }, 4],
  ['its unique name is enough', { step: 'Ask the CA', stepUniqueName: 'CustomENROLL' }, 4],
  ['without a named CA it gets one attempt', { ca: null }, 1],
  ['any other step gets one attempt', { step: 'Send mail', stepUniqueName: 'Email1' }, 1],
])('%s', (_title, changes, maxAttempts) => {
  expect(chooseRule({ ...subject, ...changes }, policy, NOON)).toMatchObject({ action: 'restart', maxAttempts });
});

test('what a rule leaves out comes from the configuration', () => {
  const rules = [rule({ action: 'restart', backoff: { first: 1000 } })];

  expect(chooseRule(subject, aPolicy({ rules }), NOON)).toEqual({
    name: 'mine',
    action: 'restart',
    maxAttempts: 4,
    ladder: { ...policy.backoff.failed, first: 1000 },
    dependencies: [],
    version: 'latest',
    maybeIssued: 'hold',
    onlyDuring: null,
  });
});

test('what a rule says stands', () => {
  const said = {
    maxAttempts: 9,
    dependencies: ['portal'],
    version: 3,
    maybeIssued: 'restart',
    onlyDuring: [],
  } as const;

  expect(chooseRule(subject, aPolicy({ rules: [rule(said)] }), NOON)).toMatchObject(said);
});

test.each([
  ['Enroll Certificate', null, true, true],
  ['Renew', 'Step1', true, true],
  ['Revoke', 'Step1', true, false],
  ['Step', 'RevokeStep', true, false],
  ['Approve', 'RequireApproval1', false, false],
])('step %j (%j) calls a CA: %s, and issues: %s', (step, stepUniqueName, calls, issues) => {
  expect(isCaStep({ step, stepUniqueName })).toBe(calls);
  expect(isIssuingStep({ step, stepUniqueName })).toBe(issues);
});

test('the ladder of waits in which nothing is sent is that of the rule, as far as it has one', () => {
  const rules = [rule({ name: 'patient', unreachable: { first: 60_000 } })];

  expect(unreachableLadder('patient', { ...policy, rules })).toEqual({ ...policy.backoff.unreachable, first: 60_000 });
  expect(unreachableLadder('another', { ...policy, rules })).toEqual(policy.backoff.unreachable);
});
