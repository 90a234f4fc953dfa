import type { ScenarioInput } from './schema.ts';

const EVERYTHING = [
  '/workflows/instances/read/',
  '/workflows/instances/manage/',
  '/workflows/definitions/read/',
  '/certificate_authorities/read/',
  '/auditing/read/',
];

export const DEFAULT_PERMISSIONS: readonly string[] = EVERYTHING;

/** The lively world that stands in for whatever a scenario leaves out. */
export const DEFAULT_WORLD = {
  version: '25.1.1',
  seed: 1,
  speed: 1,
  users: [
    {
      name: 'KEYEXAMPLE\\remediator',
      password: 'simulated',
      permissions: EVERYTHING,
      roles: ['Certificate Approvers'],
    },
    {
      name: 'KEYEXAMPLE\\reader',
      password: 'simulated',
      permissions: ['/workflows/instances/read/', '/certificate_authorities/read/'],
      roles: [],
    },
    { name: 'KEYEXAMPLE\\jsmith', password: 'simulated', permissions: ['/workflows/instances/read/mine/'], roles: [] },
  ],
  clients: [{ id: 'remediator', secret: 'simulated', user: 'KEYEXAMPLE\\remediator', tokenSeconds: 300 }],
  cas: [
    { name: 'Corp Issuing CA 1', host: 'ca1.keyexample.com', type: 'dcom' },
    { name: 'Corp Issuing CA 2', host: 'ca2.keyexample.com', type: 'dcom', downAs: 'timeout' },
    {
      name: 'ManagementCA',
      host: 'https://ejbca.keyexample.com',
      type: 'https',
      downAs: '503',
      connectorPool: 'Default',
    },
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
      steps: [{ kind: 'approval', approveAfterMs: 30_000 }, { kind: 'enroll', durationMs: 200 }, 'metadata'],
    },
    { name: 'Certificate Revocation', version: 1, steps: ['rest', 'revoke'] },
    {
      name: 'Renew Expiring',
      type: 'Expiration',
      version: 4,
      steps: [{ kind: 'renew', ca: 'ca2.keyexample.com\\Corp Issuing CA 2' }, 'email'],
    },
    { name: 'New Certificate Ticket', type: 'CertificateEnteredCollection', version: 1, steps: ['rest', 'email'] },
  ],
  instances: [
    {
      definition: 'Web Server Enrollment',
      status: 'Failed',
      count: 8,
      ca: 'Corp Issuing CA 1',
      age: '4m',
      spread: '20m',
    },
    { definition: 'Web Server Enrollment', status: 'Failed', count: 2, ca: 'ManagementCA', age: '10m', spread: '5m' },
    { definition: 'Web Server Enrollment', status: 'Failed', step: 'LookUpOwner1', failures: 2, count: 2, age: '15m' },
    { definition: 'Web Server Enrollment', status: 'Failed', step: 'SendMail1', issued: 'yes', age: '35m' },
    { definition: 'VPN Enrollment', status: 'Failed', count: 2, ca: 'Corp Issuing CA 2', age: '8m', spread: '2m' },
    { definition: 'Certificate Revocation', status: 'Failed', step: 'OpenTicket1', failures: 'always', age: '1h' },
    { definition: 'Certificate Revocation', status: 'Failed', count: 2, age: '12m', spread: '3m' },
    { definition: 'Renew Expiring', status: 'Failed', age: '25m' },
    { definition: 'VPN Enrollment', status: 'Suspended', count: 4, age: '30m', spread: '2h' },
    { definition: 'VPN Enrollment', status: 'Rejected', count: 2, age: '5h', spread: '1h' },
    { definition: 'Web Server Enrollment', status: 'Complete', count: 10, age: '5m', spread: '20h', version: 2 },
    { definition: 'Renew Expiring', status: 'Complete', count: 4, age: '2h', spread: '6h' },
    { definition: 'New Certificate Ticket', status: 'Complete', count: 4, age: '20m', spread: '3h' },
    { definition: 'Web Server Enrollment', status: 'CanceledForRestart', age: '2h' },
  ],
  traffic: {
    perSecond: 0.5,
    keep: 2000,
    mix: [
      { definition: 'Web Server Enrollment', ca: 'Corp Issuing CA 1', weight: 5, failing: 0.05 },
      { definition: 'VPN Enrollment', ca: 'Corp Issuing CA 2', weight: 1 },
      { definition: 'New Certificate Ticket', weight: 3, failing: 0.02 },
      { definition: 'Renew Expiring', weight: 1 },
    ],
  },
} satisfies ScenarioInput;
