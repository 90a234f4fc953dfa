import { TransientError } from '../../core/errors.ts';
import type { RequestPriority } from '../../ports/command.ts';
import { callRead, type Answer, type CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { toListParameters, type ListParameters, type ParameterNames } from './list-parameters.ts';
import { toInteger } from './wire-json.ts';

export interface RawPage {
  readonly rows: readonly unknown[];
  readonly total: number | null;
  readonly answer: Answer;
}

export interface RawList extends ListParameters {
  readonly path: string;
  readonly priority: RequestPriority;
  readonly signal?: AbortSignal | undefined;
  /** Default: what is known of the server. */
  readonly names?: ParameterNames;
}

/** Reads one page of a list as it stands on the wire. @throws as callRead */
export async function readPage(list: RawList, parts: CallerParts, state: DialectState): Promise<RawPage> {
  const answer = await callRead(
    {
      method: 'GET',
      path: list.path,
      template: list.path,
      parameters: toListParameters(list, list.names ?? state.parameterNames),
      priority: list.priority,
      signal: list.signal,
    },
    parts,
  );
  // an empty answer or an object is not an empty list
  if (!Array.isArray(answer.json)) throw new TransientError(`GET ${list.path} answered ${insteadOfList(answer.json)}`);
  return { rows: answer.json, total: toInteger(answer.headers['x-total-count']), answer };
}

/** The names of an object's fields that are told. */
const NAMES = 5;

/** Command's lists are bare (API reference 3): rows in an envelope come from something in between. */
function insteadOfList(json: unknown): string {
  if (typeof json !== 'object' || json === null) return 'without a list';
  const names = Object.keys(json).slice(0, NAMES).join(', ');
  return `with an object (${names}) instead of a list: what stands between us and Command must pass its answers on unchanged`;
}
