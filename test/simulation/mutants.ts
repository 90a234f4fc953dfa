import type { Dependency } from '../../src/core/dependency.ts';
import { OLD_ROW } from '../../src/core/old-row.ts';
import type { Remediation } from '../../src/core/remediation.ts';
import { reopened } from '../../src/core/transition.ts';
import type { WorkParts } from '../../src/daemon/create-parts.ts';
import type { Command } from '../../src/ports/command.ts';
import type { DoorAnswer, Journal } from '../../src/ports/journal.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { RemediationStore } from '../../src/ports/remediation-store.ts';
import type { Sightings } from '../../src/ports/sightings.ts';
import type { Decisions, Faults, Knobs, Plan } from './plan.ts';
import type { Mutate } from './world.ts';

interface Stress {
  readonly faults?: Partial<Faults>;
  readonly knobs?: Partial<Knobs>;
  readonly decisions?: Partial<Decisions>;
}

/** A daemon that lacks one of the things that keep the promises, made by wrapping its parts. */
export interface Mutant {
  readonly name: string;
  readonly mutate: Mutate;
  /** Shows itself only where people decide. */
  readonly isAboutDecisions?: true;
  /** The faults that bring out what it lacks, where a daemon has other defences that hide it most of the time. */
  readonly stress?: Stress;
}

/** Everything of a port but what is changed. */
function changed<T extends object>(port: T, changes: Partial<T>): T {
  return new Proxy(port, {
    get: (target, key) => {
      const mine: unknown = Reflect.get(changes, key);
      if (mine !== undefined) return mine;
      const found: unknown = Reflect.get(target, key);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

const withJournal = (parts: WorkParts, changes: Partial<Journal>): WorkParts => ({
  ...parts,
  journal: changed(parts.journal, changes),
});

/** The sender does not look at the clock before the first byte: who slept sends all the same. */
const noFence: Mutate = (parts) => {
  const openRestartLine: Command['openRestartLine'] = async (signal) => {
    const line = await parts.command.openRestartLine(signal);
    return { send: async (request) => line.send(request, () => true), close: () => line.close() };
  };
  return { ...parts, command: changed(parts.command, { openRestartLine }) };
};

/** Sends without the durable word before. */
const noIntent: Mutate = (parts) =>
  withJournal(parts, {
    open: async (request): Promise<DoorAnswer> => ({
      type: 'opened',
      intent: {
        ...request.intent,
        fence: 1,
        replica: parts.replica,
        state: 'open',
        why: '',
        openedAt: parts.now(),
        endedAt: null,
      },
      unconfirmed: null,
      remediation: request.before,
    }),
  });

/** What is unknown counts as not sent. */
const resendOnUnknown: Mutate = (parts) =>
  withJournal(parts, {
    close: async (intent, from) =>
      parts.journal.close(intent.state === 'unknown' ? { ...intent, state: 'not-sent' } : intent, from),
  });

/** A row that still stands there counts as proof on every server. */
const resendOnStays: Mutate = (parts) => {
  const read: Ledger['read'] = async <T>(name: string) =>
    name === OLD_ROW ? ({ fate: 'leaves', evidence: 'believed', withoutVerdict: 0 } as T) : parts.ledger.read<T>(name);
  return { ...parts, ledger: changed(parts.ledger, { read }) };
};

/** Of several runs that may be the new one the one that was seen first is taken. */
const firstCandidateWins: Mutate = (parts) => {
  const firstOnly = async (found: Promise<readonly Awaited<ReturnType<Sightings['withTitle']>>[number][]>) => {
    const rows = await found;
    const roots = await parts.store.rootsOf(rows.map(({ id }) => id));
    const owned = rows.filter(({ id }) => roots.has(id));
    const free = rows.filter(({ id }) => !roots.has(id)).toSorted((a, b) => a.firstSeen - b.firstSeen);
    // What was there before the restart is no candidate, so it is not the first of them.
    const intents = (await parts.journal.unsettled()).filter(
      ({ definitionId }) => definitionId === rows[0]?.definitionId,
    );
    const mark = Math.max(0, ...intents.map((intent) => intent.mark));
    return [
      ...owned,
      ...free.filter((row) => row.firstSeen <= mark),
      ...free.filter((row) => row.firstSeen > mark).slice(0, 1),
    ];
  };
  const sightings = changed(parts.sightings, {
    withTitle: async (definition, title, limit) => firstOnly(parts.sightings.withTitle(definition, title, limit)),
    withRequestKey: async (key, limit) => firstOnly(parts.sightings.withRequestKey(key, limit)),
    after: async (definition, mark, limit) => firstOnly(parts.sightings.after(definition, mark, limit)),
  });
  const { policy } = parts;
  return { ...parts, sightings, policy: { ...policy, resolve: { ...policy.resolve, settle: 0 } } };
};

/** Nobody asks whether a failed row is the new run of an open restart, the door included. */
const successorAsRoot: Mutate = (parts) =>
  withJournal(parts, {
    unsettled: async () => [],
    claimOf: async () => null,
    open: async (request) => {
      const claim = await parts.journal.claimOf(request.intent.requestKey);
      if (claim !== null) await parts.journal.settle(claim);
      return parts.journal.open(request);
    },
  });

/** Attempts are counted anew for each new run. */
const countPerInstance: Mutate = (parts) => {
  const forgetful = (before: Remediation, after: Remediation): Remediation =>
    before.currentInstanceId === after.currentInstanceId
      ? after
      : { ...after, attemptsMade: 0, lineage: after.lineage };
  const store: Partial<RemediationStore> = {
    save: async (before, after) => parts.store.save(before, forgetful(before, after)),
    merge: async (younger, before, after) => parts.store.merge(younger, before, forgetful(before, after)),
  };
  return { ...parts, store: changed(parts.store, store) };
};

/** What has ended is forgotten, and so is what was sent for it. */
const forgetAfterEnd: Mutate = (parts) => {
  const forget = async (saved: Remediation | null): Promise<Remediation | null> => {
    if (saved?.phase !== 'ended') return saved;
    for (const { oldInstanceId } of saved.lineage) {
      const intent = await parts.journal.load(oldInstanceId);
      if (intent) await parts.journal.markNotDone(intent, 'forgotten');
    }
    return saved;
  };
  const rootsOf: RemediationStore['rootsOf'] = async (ids) => {
    const roots = await parts.store.rootsOf(ids);
    const records = await parts.store.loadMany([...new Set(roots.values())]);
    const ended = new Set(records.filter(({ phase }) => phase === 'ended').map(({ rootInstanceId }) => rootInstanceId));
    return new Map([...roots].filter(([, root]) => !ended.has(root)));
  };
  const store: Partial<RemediationStore> = {
    save: async (before, after) => forget(await parts.store.save(before, after)),
    rootsOf,
    create: async (record) => {
      const known = await parts.store.find(record.rootInstanceId);
      const before = known === null ? null : await parts.store.load(known);
      if (before?.phase !== 'ended') return parts.store.create(record);
      return parts.store.save(before, { ...record, rootInstanceId: before.rootInstanceId });
    },
  };
  return { ...parts, store: changed(parts.store, store) };
};

/** Any id of the lineage that is Failed reopens it, the restarted ones included. */
const reopenOnAny: Mutate = (parts) => {
  const load: RemediationStore['load'] = async (root) => {
    const record = await parts.store.load(root);
    if (record?.phase !== 'ended' || record.outcome !== 'recovered') return record;
    const rows = await parts.sightings.get(record.instanceIds);
    const failed = [...rows.values()].find(({ status, isGone }) => status === 'Failed' && !isGone);
    if (failed === undefined) return record;
    const intent = await parts.journal.load(failed.id);
    if (intent) await parts.journal.markNotDone(intent, 'reopened');
    const wait = { reason: 'a row of it is Failed', ladder: parts.policy.backoff.failed, random: 0 };
    const again = { ...record, currentInstanceId: failed.id, attemptsMade: 0 };
    return (await parts.store.save(record, reopened(again, failed, wait, parts.now()))) ?? record;
  };
  return { ...parts, store: changed(parts.store, { load }) };
};

/** A CA that is down is asked again with a real request. */
const intoDead: Mutate = (parts) => ({
  ...parts,
  gates: changed(parts.gates, {
    view: async (names) =>
      (await parts.gates.view(names)).map((view) => ({ ...view, dependency: { ...view.dependency, ...OPEN } })),
  }),
});
const OPEN: Partial<Dependency> = {
  isDown: false,
  suspectSince: null,
  provedAt: Number.MAX_SAFE_INTEGER,
  nextCanaryAt: null,
};

/** The door of another installation: it knows nothing of the pause. */
const noPause: Mutate = (parts) => ({
  ...parts,
  ledger: changed(parts.ledger, { paused: async () => null }),
  journal: changed(parts.journal, {
    open: async (request): Promise<DoorAnswer> => {
      const pause = await parts.ledger.paused();
      if (pause === null) return parts.journal.open(request);
      await parts.ledger.resume();
      const answer = await parts.journal.open(request);
      await parts.ledger.pause(pause);
      return answer;
    },
  }),
});

/** A released or retried one goes without asking what the journal knows of it. */
const sendOnBlindly: Mutate = (parts) => ({
  ...parts,
  store: changed(parts.store, {
    load: async (root) => {
      const record = await parts.store.load(root);
      const intent = record?.isUrgent ? await parts.journal.load(record.currentInstanceId) : null;
      if (intent && intent.state !== 'open') await parts.journal.markNotDone(intent, 'somebody released it');
      return record;
    },
  }),
});

/** Observes by its configuration, and acts all the same. */
const actInObserveMode: Mutate = (parts) => ({ ...parts, policy: { ...parts.policy, mode: 'active' } });

/** What a person holds goes on after a while. */
const forgetHolds: Mutate = (parts) => ({
  ...parts,
  store: changed(parts.store, {
    load: async (root) => {
      const record = await parts.store.load(root);
      if (record?.holdCause !== 'by a person') return record;
      return { ...record, phase: 'waiting', holdCause: null, wait: 'back-off' };
    },
  }),
});

export const MUTANTS: readonly Mutant[] = [
  { name: 'no fence', mutate: noFence, stress: { faults: { pauseAtDoor: 0.4 } } },
  { name: 'no intent', mutate: noIntent },
  { name: 'resend on unknown', mutate: resendOnUnknown },
  { name: 'resend after a while on a server where rows stay', mutate: resendOnStays },
  {
    name: 'first candidate wins',
    mutate: firstCandidateWins,
    stress: { faults: { people: 40 }, knobs: { appearMs: 90_000 } },
  },
  { name: 'successor admitted as root', mutate: successorAsRoot },
  { name: 'count per instance', mutate: countPerInstance },
  // Rows that stand there Failed after their restart show best what was forgotten.
  { name: 'forget after end', mutate: forgetAfterEnd, stress: { knobs: { oldRow: 'failed' } } },
  { name: 'reopen on any failed id', mutate: reopenOnAny },
  { name: 'into a dead CA', mutate: intoDead },
  { name: 'the pause is ignored at the door', mutate: noPause, isAboutDecisions: true },
  { name: 'acts in observe mode', mutate: actInObserveMode, isAboutDecisions: true },
  { name: 'what a person sends on goes whatever the journal knows', mutate: sendOnBlindly, isAboutDecisions: true },
  {
    name: 'what a person holds goes on',
    mutate: forgetHolds,
    isAboutDecisions: true,
    stress: { decisions: { count: 60, pauses: 0 } },
  },
];

/** The plan as this mutant lives through it; null: it shows nothing in such a world. */
export function planFor({ isAboutDecisions, stress = {} }: Mutant, drawn: Plan): Plan | null {
  // What a lost store does to promises hides what a fault does.
  if (drawn.faults.storeLoss !== 'never' || (isAboutDecisions && drawn.decisions === null)) return null;
  const decisions = isAboutDecisions && drawn.decisions ? { ...drawn.decisions, ...stress.decisions } : null;
  if (drawn.isFriendly) return { ...drawn, decisions };
  return {
    ...drawn,
    decisions,
    faults: { ...drawn.faults, ...stress.faults },
    knobs: { ...drawn.knobs, ...stress.knobs },
  };
}
