import type { DialectMemory } from '../../ports/command.ts';
import type { Ledger } from '../../ports/ledger.ts';

/** Learned dialects, one ledger document a product version, shared by all replicas. */
export function createDialectMemory(ledger: Ledger): DialectMemory {
  return {
    load: async (productVersion) =>
      (await ledger.read<{ readonly facts: string }>(`dialect:${productVersion}`))?.facts ?? null,
    save: async (productVersion, facts) => {
      await ledger.update<{ readonly facts: string }>(`dialect:${productVersion}`, (known) =>
        known?.facts === facts ? null : { facts },
      );
    },
  };
}
