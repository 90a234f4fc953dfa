import { TransientError } from '../../core/errors.ts';
import type { Definition } from '../../core/instance.ts';
import { callRead, type CallerParts } from './caller.ts';
import { toDefinition, type WireDefinition } from './wire-definition.ts';

export interface DefinitionWish {
  readonly definitionId: string;
  readonly version?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One definition; without a version the published one where there is one, else the draft. Null: unknown id. */
export async function readDefinition(wish: DefinitionWish, parts: CallerParts): Promise<Definition | null> {
  const latest = await readVersion(wish, parts);
  if (!latest || wish.version !== undefined || !latest.isDraft) return latest?.definition ?? null;
  const version = latest.definition.publishedVersion ?? undefined;
  return (await readVersion({ ...wish, version }, parts))?.definition ?? latest.definition;
}

async function readVersion(wish: DefinitionWish, parts: CallerParts): Promise<WireDefinition | null> {
  const { version } = wish;
  const answer = await callRead(
    {
      method: 'GET',
      path: `/Workflow/Definitions/${encodeURIComponent(wish.definitionId)}`,
      template: '/Workflow/Definitions/{id}',
      parameters: version === undefined ? [] : [['definitionVersion', String(version)]],
      priority: 'classification',
      signal: wish.signal,
      mayBeMissing: true,
    },
    parts,
  );
  if (answer.status === 404) return null;
  const found = toDefinition(answer.json, version ?? null);
  if (!found) throw new TransientError('the definition came back without its id');
  return found;
}
