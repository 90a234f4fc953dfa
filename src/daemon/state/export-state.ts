import type { Config } from '../../config/schema.ts';
import { mayHaveHappened } from '../../core/intent.ts';
import type { Intent } from '../../core/intent.ts';
import type { RecordPosition } from '../../core/list-position.ts';
import { OLD_ROW } from '../../core/old-row.ts';
import { STATE_FORMAT } from '../../core/state-file.ts';
import type { NoteName, StateHeader, StateLine } from '../../core/state-file.ts';
import { iso } from '../../core/views.ts';
import { LONGEST_RESTART } from '../../remediation/parts.ts';
import { allRecords } from '../all-records.ts';
import type { KeptRecord } from '../all-records.ts';
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
    for (const kept of page) yield toLine(kept);
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

function toLine({ remediation, position }: KeptRecord): StateLine {
  return { type: 'remediation', remediation, ...(position.phase === 'archived' ? { isArchived: true } : {}) };
}

/** Each lineage once, though one that moves on meanwhile is listed again. */
async function* pages(opened: OpenStore): AsyncGenerator<readonly KeptRecord[]> {
  const seen = new Set<string>();
  let after: RecordPosition | undefined;
  for (;;) {
    const page = await allRecords(PAGE, after, opened);
    const fresh = page.filter(({ position }) => !seen.has(position.root));
    for (const { position } of fresh) seen.add(position.root);
    yield fresh;
    after = page.at(-1)?.position;
    if (page.length < PAGE) return;
  }
}

/** Read after the records, so that a restart made meanwhile is among them. */
async function intentsOf(page: readonly KeptRecord[], { journal }: OpenStore): Promise<readonly Intent[]> {
  const ids = page.flatMap(({ remediation }) => remediation.instanceIds);
  const intents = await Promise.all(ids.map(async (id) => journal.load(id)));
  return intents.filter((intent) => intent !== null).filter(mayHaveHappened);
}
