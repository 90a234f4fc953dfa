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
