import type { ScenarioInput } from '../../src/simulator/simulator.ts';
import type { Plan } from './plan.ts';

/** The CA that dies for a while. */
export const DEAD_CA = 'Corp Issuing CA 1';
export const LIVE_CA = 'Corp Issuing CA 2';

/** What is there before the daemon starts. All that follows is the story's. */
export function scenarioOf(plan: Plan): ScenarioInput {
  const web = { definition: 'Web Server Enrollment' } as const;
  return {
    version: plan.version,
    seed: plan.seed + 1,
    clockSkewSeconds: plan.startsAt === null ? plan.clockSkewSeconds : secondsUntil(plan.startsAt),
    knobs: plan.knobs,
    cas: [
      { name: DEAD_CA, host: 'ca1.keyexample.com', explicitCredentials: true },
      { name: LIVE_CA, host: 'ca2.keyexample.com' },
    ],
    definitions: [
      {
        name: 'Web Server Enrollment',
        template: 'EnterpriseWebServer',
        version: 3,
        steps: ['script', 'enroll', 'email'],
      },
      {
        name: 'VPN Enrollment',
        template: 'VPNUser',
        version: 2,
        steps: [{ kind: 'approval', approveAfterMs: 800 }, 'enroll', 'metadata'],
      },
      { name: 'New Certificate Ticket', type: 'CertificateEnteredCollection', steps: ['rest', 'email'] },
    ],
    instances: [
      { ...web, status: 'Failed', ca: LIVE_CA, count: 2, age: '9m', spread: '1m' },
      { ...web, status: 'Complete', ca: LIVE_CA, count: 12, age: '5m', spread: '20h' },
      { definition: 'VPN Enrollment', status: 'Suspended', ca: LIVE_CA, count: 2, age: '30m' },
      { definition: 'VPN Enrollment', status: 'Rejected', ca: LIVE_CA, age: '5h' },
      { ...web, status: 'CanceledForRestart', ca: LIVE_CA, age: '2h' },
    ],
    traffic: {
      perSecond: 1.5,
      mix: [
        { ...web, ca: LIVE_CA, weight: 3 },
        { definition: 'New Certificate Ticket', weight: 1 },
      ],
    },
    faults: plan.faults,
  };
}

const DAY_SECONDS = 86_400;

/** Seconds from now to the nearest moment at that time of the day (UTC), before or after. */
function secondsUntil(time: string): number {
  const now = Date.now();
  const seconds = (Date.parse(`${new Date(now).toISOString().slice(0, 10)}T${time}Z`) - now) / 1000;
  if (Math.abs(seconds) <= DAY_SECONDS / 2) return seconds;
  return seconds > 0 ? seconds - DAY_SECONDS : seconds + DAY_SECONDS;
}
