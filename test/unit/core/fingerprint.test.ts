import * as fc from 'fast-check';
import {
  canonicalData,
  certificateKeysOf,
  fingerprintOf,
  isEmpty,
  keyHashesOf,
  requestKeyOf,
} from '../../../src/core/fingerprint.ts';
import type { InstanceDetail } from '../../../src/core/instance.ts';
import { aDetail } from '../../support/core-builders.ts';

const IGNORE = ['OperationStart'];
const hash = (text: string): string => text;

const print = (data: InstanceDetail['initialData'], changes: Partial<InstanceDetail> = {}): string =>
  fingerprintOf(aDetail({ initialData: data, ...changes }), IGNORE, hash);
const wish = (data: InstanceDetail['initialData'], changes: Partial<InstanceDetail> = {}): string =>
  requestKeyOf(aDetail({ initialData: data, ...changes }), IGNORE, hash);

type Data = InstanceDetail['initialData'];

test.each<readonly [string, Data, Data]>([
  ['the case of keys', { Template: 'Web' }, { TEMPLATE: 'Web' }],
  ['the order of keys', { A: 1, B: 2 }, { B: 2, A: 1 }],
  ['the order and case of nested keys', { A: { X: 1, Y: 2 } }, { a: { y: 2, x: 1 } }],
  ['a null beside nothing', { A: 1, B: null }, { A: 1 }],
  ['a nested null', { A: { X: 1, Y: null } }, { A: { X: 1 } }],
  ['the order of SANs', { SANs: { dns: ['a', 'b'] } }, { SANs: { dns: ['b', 'a'] } }],
  ['the case of SAN types', { SANs: { DNS: ['a'] } }, { sans: { dns: ['a'] } }],
  [
    'SANs of another shape',
    {
      SANs: [
        { t: 'dns', v: 'b' },
        { t: 'dns', v: 'a' },
      ],
    },
    {
      SANs: [
        { t: 'dns', v: 'a' },
        { t: 'dns', v: 'b' },
      ],
    },
  ],
  ['an ignored key', { A: 1, OperationStart: 'now' }, { A: 1, operationstart: 'then' }],
])('equal input stays equal whatever %s', (_title, a, b) => {
  expect(print(a)).toBe(print(b));
});

test.each<readonly [string, Data, Data]>([
  ['a value', { A: 'x' }, { A: 'y' }],
  ['a value written as another type', { A: true }, { A: 'True' }],
  ['the case of a value', { A: 'x' }, { A: 'X' }],
  ['an added key', { A: 1 }, { A: 1, B: 2 }],
  ['the order of a list that is not SANs', { A: ['x', 'y'] }, { A: ['y', 'x'] }],
  ['an ignored name below the top', { A: { OperationStart: 1 } }, { A: { OperationStart: 2 } }],
])('%s makes another input', (_title, a, b) => {
  expect(print(a)).not.toBe(print(b));
});

test.each<readonly [string, Partial<InstanceDetail>]>([
  ['title', { title: 'other' }],
  ['id', { id: 'other' }],
  ['start', { startDate: 1 }],
  ['reference', { referenceId: 1 }],
  ['version of the definition', { definitionVersion: 99 }],
  ['state data', { currentStateData: { CACertificate: 'x' } }],
])('the %s is not in the fingerprint', (_title, changes) => {
  expect(print({ A: 1 }, changes)).toBe(print({ A: 1 }));
});

test.each<readonly [string, Partial<InstanceDetail>]>([
  ['definition', { definitionId: 'other' }],
  ['workflow type', { workflowType: 'Expiration' }],
])('the %s is in the fingerprint', (_title, changes) => {
  expect(print({ A: 1 }, changes)).not.toBe(print({ A: 1 }));
});

test('the workflow type counts in any case', () => {
  expect(print({ A: 1 }, { workflowType: 'ENROLLMENT' })).toBe(print({ A: 1 }, { workflowType: 'Enrollment' }));
});

test.each<readonly [string, Data]>([
  ['no map', null],
  ['an empty map', {}],
  ['nothing but nulls', { A: null }],
  ['nothing but ignored keys', { OperationStart: 'now' }],
])('runs with %s as input are only equal with an equal Title', (_title, data) => {
  expect(print(data)).toBe(print(data, { id: 'other' }));
  expect(print(data)).not.toBe(print(data, { title: 'another' }));
  expect(print(data, { title: null, id: 'a' })).not.toBe(print(data, { title: null, id: 'b' }));
});

const enrolment = { Subject: 'CN=web', SANs: { dns: ['web'] }, Template: 'Web', CSR: 'one', IncludeChain: true };

test.each<readonly [string, Data]>([
  ['a new CSR', { ...enrolment, CSR: 'two' }],
  ['another CA', { ...enrolment, CertificateAuthority: 'ca2' }],
  ['a flag written anew', { ...enrolment, IncludeChain: 'True' }],
  ['an added key', { ...enrolment, RestartedFromWorkflow: true }],
])('an enrolment with %s is the same wish', (_title, data) => {
  expect(wish(data)).toBe(wish(enrolment));
});

test.each<readonly [string, Data]>([
  ['subject', { ...enrolment, Subject: 'CN=other' }],
  ['SAN', { ...enrolment, SANs: { dns: ['other'] } }],
  ['template', { ...enrolment, Template: 'Other' }],
  ['requester', { ...enrolment, RequesterName: 'eva' }],
  ['custom field', { ...enrolment, AdditionalAttributes: { Owner: 'eva' } }],
])('an enrolment with another %s is another wish', (_title, data) => {
  expect(wish(data)).not.toBe(wish(enrolment));
});

test.each<readonly [string, Data]>([
  ['nothing', { CSR: 'one' }],
  ['blanks', { Subject: ' ', CSR: 'one' }],
  ['empty SANs', { Subject: null, SANs: { dns: [] }, CSR: 'one' }],
])('an enrolment that is named by %s is only the same wish with the same input', (_title, data) => {
  expect(wish(data)).toBe(print(data));
  expect(wish(data)).not.toBe(wish({ ...data, CSR: 'two' }));
});

test('the wish of any other type is its fingerprint', () => {
  const data = { Subject: 'CN=web', CertificateId: 7 };
  expect(wish(data, { workflowType: 'Revocation' })).toBe(print(data, { workflowType: 'Revocation' }));
});

test('hashes per key name the keys that differ, never the ignored ones', () => {
  const of = (data: Data) => keyHashesOf(aDetail({ initialData: data }), IGNORE, hash);

  expect(Object.keys(of({ A: 1, B: null, OperationStart: 'x' }))).toEqual(['a']);
  expect(of({ A: 1 })).toEqual(of({ a: 1 }));
});

test('CSR, certificate id and serial number are kept as hashes where there are any', () => {
  const of = (data: Data) => certificateKeysOf(aDetail({ initialData: data }), hash);

  expect(of({ CSR: 'x', CertificateId: 0, SerialNumberString: '', Thumbprint: null })).toHaveLength(1);
  expect(of({ CERTIFICATEID: 7 })).toEqual(of({ CertificateId: 7 }));
  expect(of(null)).toEqual([]);
});

test.each([
  [null, true],
  [undefined, true],
  ['  ', true],
  [0, true],
  [[], true],
  [{}, true],
  [{ dns: [], ip4: [''] }, true],
  [{ Id: 0, Status: null }, true],
  [false, false],
  ['x', false],
  [{ dns: ['a'] }, false],
])('%j says nothing: %s', (value, expected) => {
  expect(isEmpty(value)).toBe(expected);
});

const tree = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', 'c') }),
  fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.dictionary(fc.constantFrom('x', 'y'), fc.integer())),
);

test('no order of keys, no case of keys and no null makes another fingerprint', () => {
  fc.assert(
    fc.property(tree, (data) => {
      const dressed = Object.fromEntries([
        ['Nothing', null],
        ...Object.entries(data)
          .toReversed()
          .map(([key, value]) => [key.toUpperCase(), value]),
      ]) as Data;

      expect(canonicalData(dressed, IGNORE)).toBe(canonicalData(data, IGNORE));
    }),
    { seed: 2 },
  );
});
