import { html } from './html.ts';
import type { Html } from './html.ts';

/** A whole page. `refreshSeconds`: how often the browser asks for it anew; 0: never. */
export function layout(title: string, content: Html, refreshSeconds = 0): string {
  const refresh = refreshSeconds > 0 ? html`<meta http-equiv="refresh" content="${refreshSeconds}" />` : html``;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh}
        <title>${title}</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <header><a href="/">Keyfactor Workflow Remediator</a></header>
        <main>${content}</main>
      </body>
    </html>`;
  return page.markup;
}

/** Names and values, a line each; a null is left out. */
export function fields(pairs: readonly (readonly [string, string | number | Html | null])[]): Html {
  const lines = pairs.flatMap(([name, value]) =>
    value === null
      ? []
      : [
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
        ],
  );
  return html`<dl>${lines}</dl>`;
}

/** A table that says so where it is empty. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number | Html | null)[])[]): Html {
  if (rows.length === 0) return html`<p class="quiet">none</p>`;
  return html`<table>
    <thead>
      <tr>
        ${heads.map((head) => html`<th>${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A moment as the pages show it, to the second, in UTC. */
export function moment(time: string | null): string | null {
  return time === null ? null : `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** The one style of the pages; light or dark as the reader's system has it. */
export const STYLE = `:root { color-scheme: light dark; --line: #8884; --quiet: #777; --warn: #b50; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; }
header { padding: .7rem 1.5rem; border-bottom: 1px solid var(--line); font-weight: 600; }
header a { color: inherit; text-decoration: none; }
main { padding: 1rem 1.5rem; max-width: 90rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: break-word; }
.quiet { color: var(--quiet); }
.warn { color: var(--warn); font-weight: 600; }
nav a, nav strong { margin-right: .8rem; }
form { display: inline; }
code { font-size: .92em; }
`;
