import { formatDuration, parseDuration } from '../../../src/config/duration.ts';

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  ['0', 0],
  [0, 0],
  ['0s', 0],
  ['50ms', 50],
  [' 5m ', 300_000],
  ['36500d', 3_153_600_000_000],
])('reads %p as %p ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  '',
  '5',
  5,
  '49ms',
  '-5s',
  '1.5h',
  '5 m',
  '5M',
  '1h30m',
  '5min',
  '36501d',
  '9999999999999d',
  null,
  [],
  {},
  true,
])('refuses %p', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, '0s'],
  [250, '250ms'],
  [1500, '1500ms'],
  [90_000, '90s'],
  [120_000, '2m'],
  [86_400_000, '1d'],
])('writes %p ms as %p, which reads back the same', (durationMs, expected) => {
  const text = formatDuration(durationMs);

  expect(text).toBe(expected);
  expect(parseDuration(text)).toBe(durationMs);
});
