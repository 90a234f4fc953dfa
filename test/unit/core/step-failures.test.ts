import { stepGateOf, withStepCompletion, withStepFailure } from '../../../src/core/step-failures.ts';
import type { AllStepFailures } from '../../../src/core/step-failures.ts';
import { guid } from '../../support/builders.ts';

const STEP = {
  definitionId: guid(0xdef),
  definitionName: 'Web server enrolment',
  stepName: 'Set owner',
  stepUniqueName: 'Rest1',
};
const OTHER_STEP = { ...STEP, stepName: 'Send mail', stepUniqueName: 'Email1' };
const OTHER_DEFINITION = { ...STEP, definitionId: guid(0xdee) };
const GATE = 'step Set owner of Web server enrolment';

type Event = readonly ['failed', typeof STEP, root: number] | readonly ['completed', typeof STEP];

function after(events: readonly Event[]): string | null {
  let all: AllStepFailures | null = null;
  for (const event of events) {
    const [type, step] = event;
    const next: AllStepFailures | null =
      type === 'failed' ? withStepFailure(all, step, guid(event[2])) : withStepCompletion(all, step.definitionId);
    all = next ?? all;
  }
  return stepGateOf(all, STEP);
}

const failures = (count: number, step = STEP, from = 1): Event[] =>
  Array.from({ length: count }, (_one, index) => ['failed', step, from + index]);

const completions = (count: number): Event[] => Array.from({ length: count }, () => ['completed', STEP]);

test.each<readonly [string, readonly Event[], string | null]>([
  ['nine roots in a row are not enough', failures(9), null],
  ['ten roots in a row make it a dependency', failures(10), GATE],
  ['one root that fails again and again counts once', [...failures(9), ...failures(9)], null],
  ['failures in another step count there', [...failures(9), ...failures(1, OTHER_STEP, 50)], null],
  ['failures of another definition count there', [...failures(9), ...failures(1, OTHER_DEFINITION, 50)], null],
  ['a completion begins the row anew', [...failures(9), ['completed', STEP], ...failures(9, STEP, 50)], null],
  [
    'a completion of another definition changes nothing',
    [...failures(9), ['completed', OTHER_DEFINITION], ...failures(1, STEP, 50)],
    GATE,
  ],
  ['what is a dependency stays one', [...failures(10), ['completed', STEP]], GATE],
  ['nine completions in a row do not end it', [...failures(10), ...completions(9)], GATE],
  ['ten completions in a row end it', [...failures(10), ...completions(10)], null],
  [
    'a failure in between begins their row anew',
    [...failures(10), ...completions(9), ...failures(1, STEP, 50), ...completions(9)],
    GATE,
  ],
  ['once ended, the count of failures begins anew', [...failures(10), ...completions(10), ...failures(9)], null],
])('%s', (_title, events, expected) => {
  expect(after(events)).toBe(expected);
});

test('the spelling of the unique name and the display name make no other step', () => {
  const all = [...Array(10).keys()].reduce<AllStepFailures | null>(
    (known, root) => withStepFailure(known, STEP, guid(root)),
    null,
  );

  expect(stepGateOf(all, { ...STEP, stepUniqueName: 'REST1', stepName: 'Set the owner' })).toBe(GATE);
});
