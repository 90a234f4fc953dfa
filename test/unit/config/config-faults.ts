import { ConfigError, type ConfigFault } from '../../../src/config/config-error.ts';
import { loadConfig, type LoadOptions } from '../../../src/config/load-config.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The faults of a configuration that must not load. */
export function faultsOf(options: Partial<LoadOptions>): readonly ConfigFault[] {
  try {
    loadConfig({ env: {}, ...options });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** A folder for the files of one test file, and how to write one into it. */
export function someFolder(): { write: (name: string, text: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'remediator-config-'));
  return {
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
