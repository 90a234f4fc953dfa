import { AppError } from '../core/errors.ts';
import type { Time } from '../core/instance.ts';
import type { Command } from '../ports/command.ts';

/** The published version of a definition; null: not known, for want of the permission or an answer. */
export type PublishedVersion = (definitionId: string) => Promise<number | null>;

/** The most definitions whose version is kept. */
const KEPT = 500;

export interface PublishedVersionParts {
  readonly command: Pick<Command, 'readDefinition'>;
  readonly now: () => Time;
  readonly keepMs: number;
  readonly stopping: AbortSignal;
}

/**
 * Reads a definition once per `keepMs`, however many of its instances wait. A version published since the read does no
 * harm: a restart that must not change names the version of its failure.
 */
export function createPublishedVersion({ command, now, keepMs, stopping }: PublishedVersionParts): PublishedVersion {
  const kept = new Map<string, { readonly at: Time; readonly version: Promise<number | null> }>();
  const read = async (definitionId: string): Promise<number | null> => {
    try {
      return (await command.readDefinition(definitionId, undefined, stopping))?.publishedVersion ?? null;
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  };
  return async (definitionId) => {
    const known = kept.get(definitionId);
    if (known !== undefined && now() - known.at < keepMs) return known.version;
    if (kept.size >= KEPT) kept.clear();
    const version = read(definitionId);
    kept.set(definitionId, { at: now(), version });
    version.catch(() => kept.delete(definitionId)); // a bug: told by whoever asked, and asked anew
    return version;
  };
}
