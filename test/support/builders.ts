import { newDependency } from '../../src/core/dependency.ts';
import type { Dependency } from '../../src/core/dependency.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { LineageRecord } from '../../src/core/lineage.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Failure, Input, Remediation, Search } from '../../src/core/remediation.ts';
import type { Sighting } from '../../src/core/sighting.ts';

/** A moment at which everything built here happens. */
export const NOON = Date.parse('2026-03-10T12:00:00.000Z');

/** A GUID that is easy to tell apart: `guid(7)` ends in 7. */
export function guid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

const DEFINITION = guid(0xdef);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A fresh failure that waits for its first restart. */
export function aRemediation(changes: Partial<Remediation> = {}): Remediation {
  const root = changes.rootInstanceId ?? guid(1);
  const current = changes.currentInstanceId ?? root;
  return {
    version: 1,
    rootInstanceId: root,
    currentInstanceId: current,
    instanceIds: [...new Set([root, current])],
    referenceId: 812,
    currentReferenceId: 812,
    title: 'Enroll web01.example.com',
    definitionId: DEFINITION,
    definitionName: 'Web server enrolment',
    workflowType: 'Enrollment',
    phase: 'waiting',
    outcome: null,
    reason: 'new failure',
    rule: 'shipped: step at a certificate authority',
    wait: 'back-off',
    holdCause: null,
    alertKey: null,
    ca: 'ca01.example.com\\Issuing CA 1',
    attemptsMade: 0,
    maxAttempts: 4,
    grantedAttempts: 0,
    nextAt: NOON,
    firstSeenAt: NOON,
    changedAt: NOON,
    endedAt: null,
    failure: aFailure({ instanceId: current }),
    input: anInput({ instanceId: current }),
    search: null,
    backoff: null,
    parkedOn: null,
    past: 'no',
    waived: [],
    mayBeNewRun: false,
    awaitsLook: false,
    isUrgent: false,
    needsBody: false,
    isApproved: false,
    approvalRestarts: 0,
    firstRestartAt: null,
    excusedMs: 0,
    excusedSince: null,
    sightingMark: 1,
    lineage: [],
    timeline: [{ at: NOON, text: 'failed in Enroll Certificate: The RPC server is unavailable', by: 'remediator' }],
    ...changes,
  };
}

export function aFailure(changes: Partial<Failure> = {}): Failure {
  return {
    instanceId: guid(1),
    seenAt: NOON,
    lastModified: NOON,
    startDate: NOON - MINUTE,
    step: 'Enroll Certificate',
    stepUniqueName: 'EnrollStep',
    message: 'The RPC server is unavailable. 0x800706ba',
    definitionVersion: 3,
    ...changes,
  };
}

export function anInput(changes: Partial<Input> = {}): Input {
  return {
    instanceId: guid(1),
    readAt: NOON,
    lastModified: NOON,
    fingerprint: 'fingerprint-1',
    requestKey: 'request-1',
    keyHashes: {},
    certificateKeys: [],
    ca: 'ca01.example.com\\Issuing CA 1',
    template: 'WebServer',
    issuedEvidence: [],
    hasApproval: false,
    ...changes,
  };
}

/** The search after an accepted restart of instance 1. */
export function aSearch(changes: Partial<Search> = {}): Search {
  return {
    predecessorId: guid(1),
    attempt: 1,
    origin: 'remediator',
    took: 'accepted',
    mark: 10,
    isMarkComplete: true,
    referenceMark: 900,
    notBefore: NOON,
    oldStartDate: NOON - MINUTE,
    lastModified: NOON,
    startedAt: NOON,
    endedAt: NOON,
    ...changes,
  };
}

export function aRecord(changes: Partial<LineageRecord> = {}): LineageRecord {
  return {
    oldInstanceId: guid(1),
    newInstanceId: guid(2),
    rootInstanceId: guid(1),
    oldReferenceId: 812,
    newReferenceId: 913,
    attempt: 1,
    origin: 'remediator',
    confidence: 'exact',
    candidates: [guid(2)],
    evidence: ['fingerprint', 'definition', 'notBefore'],
    definitionId: DEFINITION,
    definitionName: 'Web server enrolment',
    title: 'Enroll web01.example.com',
    restartedAt: NOON,
    resolvedAt: NOON + SECOND,
    newStatus: 'Complete',
    ...changes,
  };
}

/** A row of Command's, Failed, as it was seen at noon. */
export function aSighting(changes: Partial<Sighting> = {}): Sighting {
  return {
    id: guid(1),
    status: 'Failed',
    rawStatus: 'Failed',
    statusMessage: 'The RPC server is unavailable. 0x800706ba',
    definitionId: DEFINITION,
    definitionName: 'Web server enrolment',
    definitionVersion: 3,
    workflowType: 'Enrollment',
    stepName: 'Enroll Certificate',
    stepUniqueName: 'EnrollStep',
    title: 'Enroll web01.example.com',
    lastModified: NOON,
    startDate: NOON - MINUTE,
    referenceId: 812,
    firstSeen: 1,
    firstSeenAt: NOON,
    seenAt: NOON,
    changedAt: NOON,
    isGone: false,
    print: null,
    ...changes,
  };
}

/** A CA that was never tested. */
export function aDependency(changes: Partial<Dependency> = {}): Dependency {
  return { ...newDependency('ca01.example.com\\Issuing CA 1', 'ca'), ...changes };
}

/** The word before the POST that restarted instance 1; accepted. */
export function anIntent(changes: Partial<Intent> = {}): Intent {
  return {
    instanceId: guid(1),
    rootInstanceId: guid(1),
    attempt: 1,
    fence: 1,
    replica: 'replica-1',
    state: 'accepted',
    why: 'Command answered 204',
    definitionId: DEFINITION,
    workflowType: 'Enrollment',
    title: 'Enroll web01.example.com',
    fingerprint: 'fingerprint-1',
    requestKey: 'request-1',
    ca: null,
    dependencies: [],
    targetVersion: null,
    withBody: false,
    isMove: false,
    mark: 10,
    isMarkComplete: true,
    referenceMark: 900,
    notBefore: NOON,
    oldStartDate: NOON - MINUTE,
    lastModified: NOON,
    openedAt: NOON,
    endedAt: NOON,
    ...changes,
  };
}

/** The default policy in active mode. */
export function aPolicy(changes: Partial<Policy> = {}): Policy {
  return {
    mode: 'active',
    scope: { definitions: [], types: [] },
    poll: {
      interval: 30 * SECOND,
      lookback: 14 * DAY,
      fullScan: 10 * MINUTE,
      settle: 0,
      backlog: { maxAge: DAY, maxCount: 200 },
    },
    restart: {
      timeout: 5 * MINUTE,
      maxAttempts: 4,
      deadline: 7 * DAY,
      version: 'latest',
      approvals: 'once',
      maybeIssued: 'hold',
      concurrency: 8,
      perMinute: 60,
      perCaPerMinute: 30,
    },
    backoff: {
      unreachable: { first: 5 * SECOND, factor: 2, max: 5 * MINUTE, jitter: 0.5 },
      failed: { first: 5 * MINUTE, factor: 4, max: 4 * HOUR, jitter: 0.5 },
    },
    resolve: { settle: 5 * SECOND, window: 15 * MINUTE, ignoreKeys: ['OperationStart'] },
    health: {
      interval: 30 * SECOND,
      timeout: 20 * SECOND,
      healthyAfter: 2,
      unhealthyAfter: 2,
      canaryWindow: 5 * MINUTE,
      rampFactor: 2,
      endpoints: [],
    },
    verify: { timeout: 30 * MINUTE },
    rules: [],
    maintenance: [],
    retention: { ended: 90 * DAY, audit: 400 * DAY },
    oldRow: 'auto',
    ...changes,
  };
}
