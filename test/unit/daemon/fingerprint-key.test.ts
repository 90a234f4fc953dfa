import { FingerprintKey } from '../../../src/daemon/store-parts.ts';
import { memoryStores } from '../../support/memory-stores.ts';

test('replicas hash with one key', async () => {
  const { ledger } = memoryStores();
  const [one, other] = [new FingerprintKey(undefined, ledger), new FingerprintKey(undefined, ledger)];
  await one.share();
  await other.share();

  expect(other.hash('wish')).toBe(one.hash('wish'));
});

test('one that starts after the store was emptied hashes as those that live (P2)', async () => {
  const { ledger, kv, keys } = memoryStores();
  const living = new FingerprintKey(undefined, ledger);
  await living.share();
  const hashed = living.hash('wish');
  await kv.commit([], [['del', keys.ledger('fingerprint-key')]]);
  await living.share();

  const started = new FingerprintKey(undefined, ledger);
  await started.share();

  expect(living.hash('wish')).toBe(hashed);
  expect(started.hash('wish')).toBe(hashed);
});

test('one that gave the emptied store a key before is followed', async () => {
  const { ledger } = memoryStores();
  const started = new FingerprintKey(undefined, ledger);
  await started.share();
  const living = new FingerprintKey(undefined, ledger);
  await living.share();

  expect(living.hash('wish')).toBe(started.hash('wish'));
});

test('the key of the operator is never replaced', async () => {
  const { ledger } = memoryStores();
  await new FingerprintKey(undefined, ledger).share();
  const [one, other] = [new FingerprintKey('given', ledger), new FingerprintKey('given', memoryStores().ledger)];
  await one.share();

  expect(one.hash('wish')).toBe(other.hash('wish'));
});
