import { createKeys } from '../../adapters/redis/keys.ts';
import { restoreIntent } from '../../adapters/redis/restore-intent.ts';
import type { Config } from '../../config/schema.ts';
import { isBlank, mayReplace, toImported, toImportedIntent } from '../../core/import-record.ts';
import { OLD_ROW } from '../../core/old-row.ts';
import type { OldRowKnowledge } from '../../core/old-row.ts';
import type { Remediation } from '../../core/remediation.ts';
import type { StateHeader, StateIntent, StateLine, StateNote, StateRecord } from '../../core/state-file.ts';
import type { Pause } from '../../ports/ledger.ts';
import { LONGEST_RESTART } from '../../remediation/parts.ts';
import { LAYOUT } from '../fitness.ts';
import type { OpenStore } from '../open-store.ts';
import { keyCheckOf } from './key-check.ts';

/** What an import did. */
export interface ImportCounts {
  /** Records that the store did not have, had older, or had only as a fresh failure. */
  brought: number;
  /** Records of which the store knows as much or more. */
  kept: number;
  /** Restarts whose ids are not sent again from now on. */
  sent: number;
  /** False: fingerprints of the export cannot be compared with those of this store. */
  isSameKey: boolean;
}

export interface ImportQuestion {
  readonly opened: OpenStore;
  readonly config: Config;
  readonly header: StateHeader;
  /** Command that the store belongs to from now on, where none is on record. */
  readonly server: string | null;
}

/** Brings the lines of a checked state file into an attached store. Safe to repeat, and beside a running daemon. */
export async function importState(lines: AsyncIterable<StateLine>, question: ImportQuestion): Promise<ImportCounts> {
  const { ledger } = question.opened;
  const keyCheck = await keyCheckOf(question.config, ledger);
  const { header, server } = question;
  const isSameKey = header.keyCheck === null || header.keyCheck === keyCheck;
  const counts: ImportCounts = { brought: 0, kept: 0, sent: 0, isSameKey };
  await ledger.update('layout', (known) => (known === null ? { version: LAYOUT } : null));
  if (server !== null) await ledger.update('server', (known) => (known === null ? { server } : null));
  for await (const line of lines) await takeLine(line, counts, question);
  return counts;
}

async function takeLine(line: StateLine, counts: ImportCounts, question: ImportQuestion): Promise<void> {
  if (line.type === 'note') await takeNote(line, question.opened);
  if (line.type === 'intent' && (await takeIntent(line, counts.isSameKey, question))) counts.sent += 1;
  if (line.type !== 'remediation') return;
  const isBrought = await takeRecord(line, counts.isSameKey, question);
  if (isBrought) counts.brought += 1;
  else counts.kept += 1;
}

/* oxlint-disable typescript/no-unsafe-type-assertion -- notes are written by `exportState` */
async function takeNote({ name, value }: StateNote, { ledger, kv }: OpenStore): Promise<void> {
  if (name === 'old-row') {
    await ledger.update<OldRowKnowledge>(OLD_ROW, (known) => (known === null ? (value as OldRowKnowledge) : null));
  } else if (name === 'longest-restart') {
    const longest = value as { readonly ms: number };
    await ledger.update<{ readonly ms: number }>(LONGEST_RESTART, (known) =>
      (known?.ms ?? 0) >= longest.ms ? null : longest,
    );
  } else if (name === 'pause') {
    const pause = value as Pause;
    const isOver = pause.until !== null && pause.until <= kv.now();
    if (!isOver && (await ledger.paused()) === null) await ledger.pause(pause);
  } else if ((await ledger.braked()) === null) {
    await ledger.brake(String(value));
  }
}
/* oxlint-enable typescript/no-unsafe-type-assertion */

async function takeIntent(line: StateIntent, isSameKey: boolean, question: ImportQuestion): Promise<boolean> {
  const { kv } = question.opened;
  const keys = createKeys(question.config.redis.prefix);
  const { isUnsettled } = line;
  return restoreIntent(toImportedIntent(line.intent), { isUnsettled, isClaiming: isSameKey }, { kv, keys });
}

/** How often a record is tried anew because others changed what it concerns. */
const TRIES = 10;

async function takeRecord(line: StateRecord, isSameKey: boolean, question: ImportQuestion): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const isBrought = await tryRecord(line.remediation, isSameKey, question);
    if (isBrought === true && line.isArchived) await archive(line.remediation.rootInstanceId, question.opened);
    if (isBrought !== null) return isBrought;
  }
  return false; // whoever changes it so often knows more
}

/** As it was in the store that it comes from; it stays on the list where this one has seen a row of it. */
async function archive(root: string, opened: OpenStore): Promise<void> {
  const brought = await opened.store.load(root);
  if (brought?.phase === 'ended') await opened.archive.add(brought);
}

/** Null: others changed something meanwhile. */
async function tryRecord(
  exported: Remediation,
  isSameKey: boolean,
  { opened, header }: ImportQuestion,
): Promise<boolean | null> {
  const { store, journal, kv } = opened;
  const roots = new Set((await store.rootsOf(exported.instanceIds)).values());
  const known = await store.loadMany([...roots]);
  if (known.length < roots.size) return null; // merged a moment ago; or archived, then this store knows its end
  const own = known.find(({ rootInstanceId }) => rootInstanceId === exported.rootInstanceId) ?? null;
  const others = known.filter((other) => other !== own);
  if (!others.every(isBlank)) return false; // part of a lineage that the store knows more of
  const isNewer = own === null || mayReplace(own, exported);
  if (!isNewer && (others.length === 0 || own.changedAt > exported.changedAt)) return false;

  const facts = { now: kv.now(), exportedAt: header.exportedAt, isSameKey };
  const imported = toImported(exported, { ...facts, intent: await journal.load(exported.currentInstanceId) });
  // Ids that stand in records of their own come with those, in one step each.
  const claimed = new Set(others.flatMap(({ instanceIds }) => instanceIds));
  const idsNow = (): readonly string[] => imported.instanceIds.filter((id) => !claimed.has(id));
  const first = { ...imported, instanceIds: idsNow() };
  let saved = isNewer ? await (own === null ? store.create(first) : store.save(own, first)) : own;
  for (const other of others) {
    if (saved === null) return null;
    for (const id of other.instanceIds) claimed.delete(id);
    const instanceIds = [...new Set([...idsNow(), ...saved.instanceIds])];
    saved = await store.merge(other, saved, { ...saved, instanceIds });
  }
  return saved === null ? null : true;
}
