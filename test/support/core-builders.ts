import type { Candidate } from '../../src/core/choose-successor.ts';
import type { InstanceDetail } from '../../src/core/instance.ts';
import { NOON, guid } from './builders.ts';

/** One failed enrolment as the single read shows it. */
export function aDetail(changes: Partial<InstanceDetail> = {}): InstanceDetail {
  return {
    id: guid(1),
    status: 'Failed',
    rawStatus: 'Failed',
    statusMessage: 'The RPC server is unavailable. 0x800706ba',
    definitionId: guid(0xdef),
    definitionName: 'Web server enrolment',
    definitionVersion: 3,
    workflowType: 'Enrollment',
    stepName: 'Enroll Certificate',
    stepUniqueName: 'EnrollStep',
    title: 'Enroll web01.example.com',
    lastModified: NOON,
    startDate: NOON - 60_000,
    referenceId: 812,
    signals: [],
    initialData: { Subject: 'CN=web01.example.com', Template: 'WebServer' },
    currentStateData: null,
    ...changes,
  };
}

/** A row that may be the new run of instance 1: equal input, begun just after its restart. */
export function aCandidate(changes: Partial<Candidate> = {}): Candidate {
  return {
    id: guid(2),
    status: 'Running',
    title: 'Enroll web01.example.com',
    startDate: NOON + 1,
    referenceId: 913,
    firstSeen: 11,
    firstSeenAt: NOON + 1000,
    input: aPrint(),
    canLink: true,
    ...changes,
  };
}

/** What a single read told of a run with the input of `anInput`. */
export function aPrint(changes: Partial<NonNullable<Candidate['input']>> = {}): NonNullable<Candidate['input']> {
  return { fingerprint: 'fingerprint-1', requestKey: 'request-1', keyHashes: {}, certificateKeys: [], ...changes };
}
