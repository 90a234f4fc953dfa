import { Command, InvalidArgumentError } from 'commander';
import { adoptedAfterMs, failedAt, isHistory } from '../core/adopt.ts';
import { displayJson } from '../core/display-text.ts';
import type { Time } from '../core/instance.ts';
import { positionOf } from '../core/list-position.ts';
import type { ListPosition } from '../core/list-position.ts';
import { SINCE_FORMS } from '../core/since.ts';
import type { OpenStore } from '../daemon/open-store.ts';
import { toSince } from './lineage-command.ts';
import { toReason } from './pause-command.ts';
import { processTerminal } from './terminal.ts';
import { whoDecides } from './who.ts';
import { withStore } from './with-store.ts';
import type { StoreContext, StoreFlags } from './with-store.ts';

interface AdoptFlags extends StoreFlags {
  readonly since: Time;
  readonly limit?: number;
  readonly reason: string;
}

const HELP = `
Examples:
  remediator adopt --since 2d                  all that failed in the last two days
  remediator adopt --since 30d --limit 50      the newest 50 of the last 30 days

What failed before the remediator began to watch is parked: whether it was restarted since is not known. "remediator list
--phase held" shows it. Adopted rows are proved as far as the server lets them be (a later run of the same request stands in
their way), then worked under all limits, newest first: one after another, as fast as Command may be asked
(command.requestsPerSecond), so that fresh failures do not wait for them.
--since takes ${SINCE_FORMS}.
Works while the daemon is down.
Exit: 0 done (also if nothing is parked), 1 Redis does not answer, 2 wrong call, 78 bad configuration.`;

/** `remediator adopt`. */
export function adoptCommand(terminal = processTerminal()): Command {
  return new Command('adopt')
    .description('take parked history into work')
    .requiredOption('--since <time>', 'only what failed since then: a duration back from now, or a time', toSince)
    .option('--limit <n>', 'at most so many, the newest', toCount)
    .option('--reason <text>', 'why; it is kept in the timeline with your name', toReason, 'taken into work')
    .option('--config <file>', 'YAML file (default: the one that REMEDIATOR_CONFIG names, else none)')
    .option('--json', 'one JSON value: {parked, chosen, adopted}')
    .addHelpText('after', HELP)
    .action(async (flags: AdoptFlags) => withStore(flags, terminal, async (context) => adopt(flags, context)));
}

/** Records that one look at the store loads, and that are adopted between two lines of progress. */
const PAGE = 500;
const LOT = 100;

async function adopt(flags: AdoptFlags, { opened, terminal, config }: StoreContext): Promise<void> {
  const parked = await parkedRoots(opened);
  const young = parked.filter(({ at }) => at >= flags.since).sort((a, b) => b.at - a.at);
  const chosen = young.slice(0, flags.limit ?? young.length).map(({ root }) => root);
  terminal.writeError(`${parked.length} parked, ${chosen.length} to adopt\n`);
  const by = whoDecides(terminal.env);
  let done = 0;
  if (chosen.length > 0) await opened.attach();
  for (let from = 0; from < chosen.length; from += LOT) {
    const lot = chosen.slice(from, from + LOT);
    const delayMs = (place: number): number => adoptedAfterMs(from + place, config.command.requestsPerSecond);
    const results = await Promise.all(
      lot.map(async (root, place) => opened.adopt(root, { by, reason: flags.reason, delayMs: delayMs(place) })),
    );
    done += results.filter(Boolean).length;
    terminal.writeError(`${done} of ${chosen.length} adopted\n`);
  }
  if (flags.json) {
    terminal.writeOut(`${displayJson({ parked: parked.length, chosen: chosen.length, adopted: done })}\n`);
  }
}

/** Only what the choice needs is kept of each: there may be 100,000. */
async function parkedRoots({ store }: OpenStore): Promise<readonly { readonly root: string; readonly at: Time }[]> {
  const found = new Map<string, Time>();
  let after: ListPosition | undefined;
  for (;;) {
    const page = await store.list({ phase: 'held' }, PAGE, after);
    for (const remediation of page.filter(isHistory)) found.set(remediation.rootInstanceId, failedAt(remediation));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return [...found].map(([root, at]) => ({ root, at }));
    after = positionOf(last);
  }
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('allowed: a whole number from 1');
  return count;
}
