import { pino } from 'pino';
import { logEvents } from '../../../src/telemetry/log-events.ts';

function linesOf(tell: (listener: ReturnType<typeof logEvents>) => void): unknown[] {
  const lines: string[] = [];
  tell(logEvents(pino({ level: 'debug' }, { write: (line) => void lines.push(line) })));
  return lines.map((line) => JSON.parse(line) as unknown);
}

test('observe mode says in words how many it would restart now', () => {
  const lines = linesOf((listen) => listen('observe.would-restart', { count: 12 }));

  expect(lines).toMatchObject([{ level: 30, count: 12, msg: 'observe mode: would restart 12 now' }]);
});

test('an error keeps its stack under err', () => {
  const lines = linesOf((listen) => listen('step.failed', { root: 'a', error: new Error('no') }));

  expect(lines).toMatchObject([{ level: 50, event: 'step.failed', root: 'a', err: { message: 'no' } }]);
});
