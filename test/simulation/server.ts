import type { InstanceStatus } from '../../src/core/instance.ts';
import { guid } from '../support/builders.ts';
import type { Knobs } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Why a run fails, whatever its CA does. */
export type Failing = 'error' | 'maybe' | 'issued' | 'mail';

/** What somebody wants: one certificate, or one other piece of work. */
export interface Wish {
  readonly number: number;
  readonly definition: DefinitionTruth;
  readonly subject: string;
  readonly ca: AuthorityTruth;
  /** How its runs fail, by the number of the run; beyond the list they go well. */
  readonly failing: readonly (Failing | null)[];
  /** Its runs fail for ever. */
  readonly isHopeless: boolean;
  runs: number;
}

export interface DefinitionTruth {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly step: string;
  readonly isApproved: boolean;
}

/** A certificate authority as it really is, and what its Test says of it. */
export interface AuthorityTruth {
  readonly name: string;
  readonly id: number;
  readonly outages: { readonly from: number; readonly to: number }[];
  readonly test: 'true' | 'never good' | 'always good' | 'refused';
  readonly deadForm: 'false' | 'slow' | 'http500' | 'hang';
  /** Good tests that were told. */
  lastGoodAt: number | null;
}

export interface InstanceTruth {
  readonly id: string;
  readonly referenceId: number;
  readonly wish: Wish;
  readonly csr: number;
  readonly title: string;
  readonly startDate: number;
  readonly startedAt: number;
  readonly initialData: Readonly<Record<string, unknown>>;
  /** The true one. */
  readonly predecessor: string | null;
  readonly by: 'remediator' | 'person' | 'requester';
  readonly visibleAt: number;
  stateData: Record<string, unknown>;
  status: InstanceStatus;
  message: string | null;
  step: string | null;
  lastModified: number;
  isApproved: boolean;
  isDeleted: boolean;
  /** True once an answer to somebody's list or read has shown it. */
  isShown: boolean;
  /** When one did first. */
  shownAt: number;
  endedAt: number | null;
  readonly successors: string[];
  /** Rows as lists showed them, by when they began to. */
  readonly shown: { readonly at: number; readonly row: ShownRow }[];
}

export interface ShownRow {
  readonly status: InstanceStatus;
  readonly message: string | null;
  readonly step: string | null;
  readonly lastModified: number;
}

/** How long approvers and requesters of this world take at most. */
const RUN_MS = 20_000;

export const DOWN_MESSAGES = [
  'The RPC server is unavailable. 0x800706ba',
  'Unable to connect to the certificate authority',
  'No connection could be made because the target machine actively refused it',
];

/** Command itself, with the truth about every run. It knows nothing of who asks. */
export class CommandServer {
  readonly instances = new Map<string, InstanceTruth>();
  readonly knobs: Knobs;
  private readonly scheduler: Scheduler;
  private readonly random: Random;
  private references = 800;
  private csrs = 0;
  private readonly ids: number[] = [];

  constructor(scheduler: Scheduler, random: Random, knobs: Knobs) {
    this.scheduler = scheduler;
    this.random = random;
    this.knobs = knobs;
  }

  serverNow(): number {
    return this.scheduler.now() + this.knobs.skewMs;
  }

  private date(): number {
    return Math.floor(this.serverNow() / this.knobs.dateMs) * this.knobs.dateMs;
  }

  noteShown(ids: readonly string[]): void {
    for (const id of ids) {
      const instance = this.instances.get(id);
      if (instance === undefined) continue;
      instance.isShown = true;
      instance.shownAt = Math.min(instance.shownAt, this.scheduler.now());
    }
  }

  /** A requester asks for it; `csr`: again with that one, else a new one. */
  submit(wish: Wish, by: InstanceTruth['by'] = 'requester', csr?: number): InstanceTruth {
    const number = csr ?? ++this.csrs;
    const initialData = {
      Subject: `CN=${wish.subject}`,
      SANs: { DNS: [wish.subject, `www.${wish.subject}`] },
      Template: 'WebServer',
      CertificateAuthority: wish.ca.name,
      RequesterName: 'KEYEXAMPLE\\anna',
      CSR: `csr-${number}`,
    };
    return this.start({ wish, csr: number, by, title: `${wish.definition.name} ${wish.subject}`, initialData });
  }

  private start(given: {
    wish: Wish;
    csr: number;
    by: InstanceTruth['by'];
    title: string;
    initialData: Readonly<Record<string, unknown>>;
    predecessor?: InstanceTruth;
  }): InstanceTruth {
    const { wish, predecessor } = given;
    const now = this.scheduler.now();
    const isRestart = predecessor !== undefined;
    this.references += 1;
    const instance: InstanceTruth = {
      id: this.newId(),
      referenceId: isRestart && this.knobs.referenceId === 'same' ? predecessor.referenceId : this.references,
      wish,
      csr: given.csr,
      title: given.title,
      startDate: isRestart && this.knobs.startDate === 'original' ? predecessor.startDate : this.date(),
      startedAt: now,
      initialData: { ...given.initialData, OperationStart: new Date(this.serverNow()).toISOString() },
      predecessor: predecessor?.id ?? null,
      by: given.by,
      visibleAt: now + (isRestart ? this.knobs.appearMs : 0),
      stateData: {},
      status: 'Running',
      message: null,
      step: null,
      lastModified: this.date(),
      isApproved: false,
      isDeleted: false,
      isShown: false,
      shownAt: Infinity,
      endedAt: null,
      successors: [],
      shown: [],
    };
    predecessor?.successors.push(instance.id);
    this.instances.set(instance.id, instance);
    wish.runs += 1;
    const run = wish.runs;
    // A row that appears late was written late.
    const appearMs = instance.visibleAt - now;
    this.change(instance, {});
    const runMs = this.random.between(500, RUN_MS);
    this.scheduler.after(appearMs, () => {
      if (appearMs > 0) this.change(instance, {});
      this.scheduler.after(runMs, () => this.proceed(instance, run));
    });
    return instance;
  }

  /** Random ids: their order tells nothing. */
  private newId(): string {
    for (;;) {
      const number = this.random.between(1, 999_999);
      if (this.ids.includes(number)) continue;
      this.ids.push(number);
      return guid(number);
    }
  }

  private change(instance: InstanceTruth, to: Partial<Pick<InstanceTruth, 'status' | 'message' | 'step'>>): void {
    Object.assign(instance, to);
    instance.lastModified = this.date();
    const { status, message, step, lastModified } = instance;
    const lag = instance.shown.length === 0 || instance.visibleAt === this.scheduler.now() ? 0 : this.knobs.listLagMs;
    instance.shown.push({ at: this.scheduler.now() + lag, row: { status, message, step, lastModified } });
  }

  /** Goes on to the next thing that stops it: an approval, a failure, the end. */
  private proceed(instance: InstanceTruth, run: number): void {
    if (instance.isDeleted || instance.status !== 'Running') return;
    const { wish } = instance;
    if (wish.definition.isApproved && !instance.isApproved) {
      this.change(instance, { status: 'Suspended', step: 'Require approval' });
      return;
    }
    this.finish(instance, wish.isHopeless ? 'error' : (wish.failing[run - 1] ?? null));
  }

  private finish(instance: InstanceTruth, failing: Failing | null): void {
    instance.endedAt = this.scheduler.now();
    const { definition, ca } = instance.wish;
    if (failing === 'mail') return this.fail(instance, 'Send mail', 'The mail server said no');
    if (!isUp(ca, this.scheduler.now())) return this.fail(instance, definition.step, this.random.pick(DOWN_MESSAGES));
    if (failing === null) {
      this.change(instance, { status: 'Complete', step: null });
      return;
    }
    if (failing === 'issued') instance.stateData = { CARequestId: `request-${instance.referenceId}` };
    const text =
      failing === 'maybe' ? 'The operation timed out while waiting for the answer' : 'Denied by policy module';
    this.fail(instance, definition.step, text);
  }

  private fail(instance: InstanceTruth, step: string, message: string): void {
    this.change(instance, { status: 'Failed', step, message });
  }

  /** Restart. The number is the HTTP status; the id the new run's. */
  restart(id: string, by: InstanceTruth['by']): { readonly status: number; readonly newId: string | null } {
    const instance = this.instances.get(id);
    if (instance === undefined || instance.isDeleted) return { status: 404, newId: null };
    if (instance.status !== 'Failed' && instance.status !== 'Suspended')
      return { status: this.knobs.wrongState, newId: null };
    if (instance.successors.length > 0 && this.knobs.secondRestart === 'refused')
      return { status: this.knobs.wrongState, newId: null };
    const title = this.knobs.title === 'restarter' ? `${instance.title} (restarted by ${by})` : instance.title;
    const { OperationStart: _left, ...kept } = instance.initialData;
    const initialData = this.knobs.initialData === 'extended' ? { ...kept, RestartedFrom: instance.id } : kept;
    const successor = this.start({
      wish: instance.wish,
      csr: instance.csr,
      by,
      title,
      initialData,
      predecessor: instance,
    });
    if (this.knobs.oldRow === 'canceled') this.change(instance, { status: 'CanceledForRestart' });
    if (this.knobs.oldRow === 'deleted') instance.isDeleted = true;
    if (instance.status === 'Suspended') this.change(instance, { status: 'CanceledForRestart' });
    return { status: 204, newId: successor.id };
  }

  approve(instance: InstanceTruth): void {
    if (instance.status !== 'Suspended') return;
    instance.isApproved = true;
    this.change(instance, { status: 'Running' });
    const run = instance.wish.runs;
    this.scheduler.after(this.random.between(500, RUN_MS), () => this.proceed(instance, run));
  }

  reject(instance: InstanceTruth): void {
    if (instance.status !== 'Suspended' && instance.status !== 'Running') return;
    instance.endedAt = this.scheduler.now();
    this.change(instance, { status: 'Rejected' });
  }

  remove(instance: InstanceTruth): void {
    instance.isDeleted = true;
  }
}

export function isUp(ca: AuthorityTruth, now: number): boolean {
  return !ca.outages.some(({ from, to }) => now >= from && now < to);
}
