import { readFileSync } from 'node:fs';
import { optionsTable, tableIn } from '../support/readme-options.ts';

test('the options table of the README is the one of the schema', () => {
  expect(tableIn(readFileSync('README.md', 'utf8'))).toBe(optionsTable());
});
