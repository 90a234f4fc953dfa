import type { ExplainView } from '../core/explain-view.ts';
import { toExplainView } from '../core/explain-view.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import { positionOf } from '../core/list-position.ts';
import { OLD_ROW } from '../core/old-row.ts';
import type { OldRowKnowledge } from '../core/old-row.ts';
import type { Policy } from '../core/policy.ts';
import type { Remediation } from '../core/remediation.ts';
import { isShown, toDependencyView, toStatusView } from '../core/status-view.ts';
import type { StatusView } from '../core/status-view.ts';
import { restartedId } from '../core/unsettled.ts';
import { toLineageView, toRemediationView } from '../core/views.ts';
import type { GateMoment } from '../core/views.ts';
import type { Archive } from '../ports/archive.ts';
import type { GateStore, GateView } from '../ports/gate-store.ts';
import type { Journal } from '../ports/journal.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { RemediationStore } from '../ports/remediation-store.ts';
import type { Sightings } from '../ports/sightings.ts';
import type { Reader } from '../server/parts.ts';
import { allRecords } from './all-records.ts';

export type { Reader } from '../server/parts.ts';

export interface ReaderParts {
  readonly store: RemediationStore;
  readonly archive: Archive;
  readonly gates: GateStore;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly sightings: Sightings;
  readonly policy: Pick<Policy, 'mode' | 'restart' | 'health' | 'oldRow'>;
  readonly now: () => Time;
}

/** The store as CLI and HTTP show it. */
export function createReader(parts: ReaderParts): Reader {
  return {
    status: async () => readStatus(parts),
    dependencies: async () =>
      (await knownGates(parts))
        .filter(({ dependency }) => isShown(dependency))
        .map((gate) => toDependencyView(gate, parts.now(), parts.policy.health)),
    explain: async (id) => explain(id, parts),
    list: async (filter, limit, after) => {
      const page = await parts.store.list(filter, limit, after);
      const gates = page.some(({ parkedOn }) => parkedOn !== null) ? await knownGates(parts) : [];
      return page.map((remediation) => ({
        view: toRemediationView(remediation, gateOf(remediation, gates, parts)),
        position: positionOf(remediation),
      }));
    },
    lineage: async (since, limit, after) => {
      const page = await allRecords(limit, after, parts);
      return page.map(({ remediation, position }) => ({
        view: remediation.lineage.filter(({ restartedAt }) => restartedAt >= (since ?? 0)).map(toLineageView),
        position,
      }));
    },
  };
}

async function readStatus(parts: ReaderParts): Promise<StatusView> {
  const { store, ledger, policy, now } = parts;
  const [counts, gates, groups, paused, brake, replicas, feed, oldRow] = await Promise.all([
    store.counts(),
    knownGates(parts),
    store.alertGroups(),
    ledger.paused(),
    ledger.braked(),
    ledger.replicas(),
    ledger.read<Feed>(FEED),
    ledger.read<OldRowKnowledge>(OLD_ROW),
  ]);
  return toStatusView({
    now: now(),
    policy,
    paused,
    brake,
    counts,
    dependencies: gates,
    lookedAt: feed?.lookedAt ?? null,
    replicas,
    alertCounts: new Map([...groups].map(([key, roots]) => [key, roots.length])),
    oldRow,
  });
}

async function explain(id: string, parts: ReaderParts): Promise<ExplainView | null> {
  const root = await parts.store.find(id);
  const listed = root === null ? null : await parts.store.load(root);
  const remediation = listed ?? (await parts.archive.find(id));
  if (remediation === null) return null;
  const oldId = restartedId(remediation);
  const [rows, intent, gates] = await Promise.all([
    parts.sightings.get([remediation.currentInstanceId, oldId]),
    parts.journal.load(oldId),
    remediation.parkedOn === null ? [] : knownGates(parts),
  ]);
  return toExplainView({
    remediation,
    isArchived: listed === null,
    row: rows.get(remediation.currentInstanceId) ?? null,
    intent,
    oldRow: rows.get(oldId) ?? null,
    gate: gateOf(remediation, gates, parts),
  });
}

/** Only gates that exist: a look at an unknown one would create it. */
async function knownGates({ gates }: ReaderParts): Promise<readonly GateView[]> {
  const names = await gates.names();
  return gates.view(names.map((name) => ({ name, kind: 'ca' })));
}

function gateOf(
  { parkedOn }: Remediation,
  gates: readonly GateView[],
  { policy, now }: ReaderParts,
): (GateMoment & Omit<GateView, 'dependency'>) | null {
  const gate = gates.find(({ dependency }) => dependency.name === parkedOn);
  return gate ? { ...gate, now: now(), policy: policy.health } : null;
}
