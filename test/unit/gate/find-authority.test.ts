import type { CertificateAuthority } from '../../../src/core/instance.ts';
import { findAuthority } from '../../../src/gate/test-dependencies.ts';

const AUTHORITIES: readonly CertificateAuthority[] = [
  { id: 1, hostName: 'ca1.example.com', logicalName: 'Issuing', type: 0 },
  { id: 2, hostName: 'ca2.example.com', logicalName: 'Issuing', type: 0 },
  { id: 7, hostName: 'https://ejbca.example.com', logicalName: 'prod', type: 1 },
];

test.each<readonly [string, string, number | null]>([
  ['both names, in any case', 'CA2.example.com\\issuing', 2],
  ['the logical name alone', 'PROD', 7],
  ['an id', '7', 7],
  ['what nobody is called', 'ca3.example.com\\Issuing', null],
])('finds the CA by %s', (_title, name, expected) => {
  expect(findAuthority(name, AUTHORITIES)?.id ?? null).toBe(expected);
});
