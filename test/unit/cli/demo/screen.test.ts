import { createScreen } from '../../../../src/cli/demo/screen.ts';
import type { Moment } from '../../../../src/cli/demo/screen.ts';
import type { StatusView } from '../../../../src/core/status-view.ts';

const STATUS = {
  phases: { waiting: 3, restarting: 0, resolving: 1, verifying: 0, held: 1, 'handed-over': 0, ended: 5 },
  dependencies: [{ name: String.raw`ca1.keyexample.com\Corp Issuing CA 1`, state: 'down' }],
} as unknown as StatusView;

function moment(changes: Partial<Moment> = {}): Moment {
  return { elapsedMs: 2000, status: STATUS, settled: 6, total: 10, sent: new Map([['replica-1', 4]]), ...changes };
}

function open(isTerminal: boolean) {
  const written: string[] = [];
  return { written, screen: createScreen({ write: (text) => written.push(text), isTerminal, columns: 60 }) };
}

test('without a terminal there is a plain line about once a second', () => {
  const { written, screen } = open(false);

  for (let ms = 0; ms < 3000; ms += 250) screen.show(moment({ elapsedMs: ms }));

  expect(written).toHaveLength(3);
  expect(written[0]).toBe(
    '  0.0 s  6 of 10 settled | waiting 3, resolving 1, held 1, ended 5 | Corp Issuing CA 1 down\n',
  );
});

test('what happens is told at once', () => {
  const { written, screen } = open(false);

  screen.note(2500, 'Corp Issuing CA 1 is back\u001b[2J');

  expect(written).toEqual(['  2.5 s    Corp Issuing CA 1 is back\\x1b[2J\n']);
});

test('before the daemon is up it says so', () => {
  const { written, screen } = open(false);

  screen.show(moment({ status: null, settled: 0 }));

  expect(written.join('')).toContain('starting');
});

test('on a terminal the picture is drawn over itself, and no line is wider than the terminal', () => {
  const { written, screen } = open(true);
  screen.note(1000, `a long story: ${'x'.repeat(200)}`);

  screen.show(moment());
  screen.show(moment({ settled: 10 }));

  const lines = (written[0] ?? '').split('\n').slice(0, -1);
  expect(written[1]).toContain(`\u001b[${lines.length}A\u001b[J`);
  expect(written[1]).toContain(`[${'#'.repeat(40)}]`);
  // eslint-disable-next-line no-control-regex -- colours take no room
  for (const line of lines) expect(line.replaceAll(/\u001b\[\d+m/g, '').length).toBeLessThan(60);
});

test('the last picture stays', () => {
  const { written, screen } = open(true);
  screen.show(moment());

  screen.end();
  screen.show(moment());

  expect(written[1]).not.toContain('\u001b[J');
});
