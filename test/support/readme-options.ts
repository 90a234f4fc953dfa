/** Prints the README's options table; `npm run options` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { OPTIONS } from '../../src/config/options.ts';

const START = '<!-- options -->';
const END = '<!-- /options -->';

/** The options table as the README must show it. */
export function optionsTable(): string {
  const rows = OPTIONS.map(({ key, defaultText, help }) => {
    return `| \`${key}\` | ${defaultText === '' ? '' : `\`${defaultText.replaceAll('|', '\\|')}\``} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| Option | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** What stands between the two marks. */
export function tableIn(readme: string): string {
  return readme.slice(readme.indexOf(START) + START.length, readme.indexOf(END)).trim();
}

if (process.argv[1] === import.meta.filename) {
  const readme = readFileSync('README.md', 'utf8');
  const [before = ''] = readme.split(START);
  const after = readme.slice(readme.indexOf(END));
  writeFileSync('README.md', `${before}${START}\n\n${optionsTable()}\n\n${after}`);
}
