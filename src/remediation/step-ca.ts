import { AppError } from '../core/errors.ts';
import type { Time } from '../core/instance.ts';
import type { Command } from '../ports/command.ts';

/** Names the CA that a step of a definition asks, by its parameters; null: it names none, or we may not read it. */
export type StepCa = (definitionId: string, version: number | null, stepUniqueName: string) => Promise<string | null>;

/** Parameters under which a step names its CA, e.g. `CA` of ExpirationRenewal (API reference 4.1). */
const CA_PARAMETERS = ['ca', 'certificateauthority'];

/** A definition is read again after this time; a version does not change, but the permission to read it may. */
const KEEP_MS = 10 * 60_000;
const KEPT = 500;

/** Reads definitions once in a while and keeps only the CA names of their steps. */
export function createStepCa(command: Command, now: () => Time): StepCa {
  const kept = new Map<string, { readonly at: Time; readonly cas: Promise<ReadonlyMap<string, string>> }>();
  return async (definitionId, version, stepUniqueName) => {
    const key = `${definitionId} ${version ?? 'latest'}`;
    const known = kept.get(key);
    const isFresh = known !== undefined && now() - known.at < KEEP_MS;
    const cas = isFresh ? known.cas : readCas(definitionId, version, command);
    if (!isFresh) {
      if (kept.size >= KEPT) kept.clear();
      kept.set(key, { at: now(), cas });
    }
    return (await cas).get(stepUniqueName.toLowerCase()) ?? null;
  };
}

async function readCas(
  definitionId: string,
  version: number | null,
  command: Command,
): Promise<ReadonlyMap<string, string>> {
  const cas = new Map<string, string>();
  try {
    const definition = await command.readDefinition(definitionId, version ?? undefined);
    for (const { uniqueName, parameters } of definition?.steps ?? []) {
      const ca = CA_PARAMETERS.map((name) => parameters[name]).find(
        (value) => value !== undefined && value.trim() !== '',
      );
      if (uniqueName !== null && ca !== undefined) cas.set(uniqueName.toLowerCase(), ca.trim());
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error; // without the permission a step's CA stays unknown
  }
  return cas;
}
