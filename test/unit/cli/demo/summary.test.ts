import { checkPromises } from '../../../../src/cli/demo/promises.ts';
import { summaryText, toSummary } from '../../../../src/cli/demo/summary.ts';
import type { DemoResult } from '../../../../src/cli/demo/run-demo.ts';
import { guid } from '../../../support/builders.ts';
import { goodFacts } from './demo-facts.ts';

function aResult(changes: Partial<DemoResult> = {}): DemoResult {
  const facts = goodFacts();
  return {
    seconds: 21.5,
    redis: 'private',
    restartsByReplica: { 'replica-2': 1, 'replica-1': 2 },
    records: facts.records,
    promises: checkPromises(facts),
    open: [],
    ok: true,
    ...changes,
  };
}

test('tells outcomes, lineage, promises and the verdict', () => {
  const text = summaryText(toSummary(aResult()));

  expect(text).toMatch(/ {4}3 {2}recovered/);
  expect(text).toContain('restarts sent: replica-1 2, replica-2 1');
  expect(text).toContain(`${guid(3)}  held: already issued`);
  expect(text).toContain(`${guid(1)} -> ${guid(0x11)}  attempt 1  exact Complete`);
  expect(text.match(/^ {2}held {4}P\d+/gm)).toHaveLength(12);
  expect(text).toMatch(/PASSED: 12 of 12 promises held, in 21\.5 s\n$/);
  expect(text).not.toContain('STILL OPEN');
});

test('a broken promise and what is still open are told, and the verdict is FAILED', () => {
  const promises = checkPromises(goodFacts({ recovered: [] }));

  const text = summaryText(toSummary(aResult({ promises, ok: false, open: ['a is waiting: no reason'] })));

  expect(text).toMatch(/BROKEN {2}P9 .*was never told \(and 2 more\)/);
  expect(text).toContain('STILL OPEN\n  a is waiting: no reason');
  expect(text).toMatch(/FAILED: 11 of 12 promises held, 1 still open, in 21\.5 s\n$/);
});

test('the JSON form has everything, with public records', () => {
  const summary = toSummary(aResult());

  expect(summary).toMatchObject({ ok: true, outcomes: { recovered: 3, held: 1 }, seconds: 21.5 });
  expect(summary.lineage).toHaveLength(4);
  expect(Object.keys(summary.remediations[0] ?? {})).toContain('attemptsMade');
  expect(JSON.stringify(summary)).not.toContain('sightingMark');
});
