import type { Config } from '../../config/schema.ts';
import { mayHaveHappened } from '../../core/intent.ts';
import type { Intent } from '../../core/intent.ts';
import { positionOf } from '../../core/list-position.ts';
import type { ListPosition } from '../../core/list-position.ts';
import { OLD_ROW } from '../../core/old-row.ts';
import type { Remediation } from '../../core/remediation.ts';
import { STATE_FORMAT } from '../../core/state-file.ts';
import type { NoteName, StateHeader, StateLine } from '../../core/state-file.ts';
import { iso } from '../../core/views.ts';
import { LONGEST_RESTART } from '../../remediation/parts.ts';
import { LAYOUT } from '../fitness.ts';
import type { OpenStore } from '../open-store.ts';
import { productVersion } from '../product-version.ts';
import { keyCheckOf } from './key-check.ts';

/** Records that are read at once. */
const PAGE = 200;

/** Everything that a store must not forget, line by line; a restart stands before the record that it belongs to. */
export async function* exportState(opened: OpenStore, config: Config): AsyncGenerator<StateLine> {
  yield await headerOf(opened, config);
  yield* notes(opened);
  const unsettled = new Set((await opened.journal.unsettled()).map(({ instanceId }) => instanceId));
  const count = { remediations: 0, intents: 0 };
  for await (const page of pages(opened)) {
    const intents = await intentsOf(page, opened);
    for (const intent of intents) yield { type: 'intent', isUnsettled: unsettled.has(intent.instanceId), intent };
    for (const remediation of page) yield { type: 'remediation', remediation };
    count.intents += intents.length;
    count.remediations += page.length;
  }
  yield { type: 'end', ...count };
}

async function headerOf({ ledger, kv }: OpenStore, config: Config): Promise<StateHeader> {
  const layout = await ledger.read<{ readonly version: number }>('layout');
  const server = await ledger.read<{ readonly server: string }>('server');
  return {
    type: 'header',
    format: STATE_FORMAT,
    layout: layout?.version ?? LAYOUT,
    server: server?.server ?? null,
    exportedAt: iso(kv.now()),
    productVersion: productVersion(),
    keyCheck: await keyCheckOf(config, ledger),
  };
}

async function* notes({ ledger }: OpenStore): AsyncGenerator<StateLine> {
  const known: readonly (readonly [NoteName, unknown])[] = [
    ['old-row', await ledger.read(OLD_ROW)],
    ['longest-restart', await ledger.read(LONGEST_RESTART)],
    ['pause', await ledger.paused()],
    ['brake', await ledger.braked()],
  ];
  for (const [name, value] of known) if (value !== null) yield { type: 'note', name, value };
}

/** Each lineage once, though one that moves on meanwhile is listed again. */
async function* pages({ store }: OpenStore): AsyncGenerator<readonly Remediation[]> {
  const seen = new Set<string>();
  let after: ListPosition | undefined;
  for (;;) {
    const page = await store.list({}, PAGE, after);
    const fresh = page.filter(({ rootInstanceId }) => !seen.has(rootInstanceId));
    for (const { rootInstanceId } of fresh) seen.add(rootInstanceId);
    yield fresh;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = positionOf(last);
  }
}

/** Read after the records, so that a restart made meanwhile is among them. */
async function intentsOf(page: readonly Remediation[], { journal }: OpenStore): Promise<readonly Intent[]> {
  const ids = page.flatMap(({ instanceIds }) => instanceIds);
  const intents = await Promise.all(ids.map(async (id) => journal.load(id)));
  return intents.filter((intent) => intent !== null).filter(mayHaveHappened);
}
