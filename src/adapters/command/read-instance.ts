import { RefusedError, TransientError } from '../../core/errors.ts';
import type { InstanceReading } from '../../ports/command.ts';
import { callRead, type CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { INSTANCES } from './list-instances.ts';
import type { ListWish } from './list-instances.ts';
import { readPage } from './list-page.ts';
import type { RawPage } from './list-page.ts';
import { toFields } from './wire-json.ts';
import { toInstanceDetail } from './wire-instance.ts';

type ReadParts = CallerParts & { readonly state: DialectState };

/** One instance with its data; a detail of null means that Command does not know the id. */
export async function readInstance(instanceId: string, wish: ListWish, parts: ReadParts): Promise<InstanceReading> {
  try {
    return await readOne(instanceId, wish, parts);
  } catch (error) {
    const isMissing = error instanceof RefusedError && error.status === 400;
    const absent = isMissing ? await absentById(instanceId, wish, parts) : null;
    if (absent === null) throw error;
    return absent;
  }
}

/** A server may answer 400 for an id that it does not know: then its list by that id must be empty. Null: it does not say so. */
async function absentById(instanceId: string, wish: ListWish, parts: ReadParts): Promise<InstanceReading | null> {
  try {
    const { rows, answer } = await listById(instanceId, wish, parts);
    const { requestedAt, serverTime } = answer;
    return rows.length === 0 ? { detail: null, requestedAt, serverTime } : null;
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

async function readOne(instanceId: string, wish: ListWish, parts: ReadParts): Promise<InstanceReading> {
  const answer = await callRead(
    {
      method: 'GET',
      path: `/Workflow/Instances/${encodeURIComponent(instanceId)}`,
      template: '/Workflow/Instances/{id}',
      mayBeMissing: true,
      ...wish,
    },
    parts,
  );
  const { requestedAt, serverTime } = answer;
  if (answer.status === 404) {
    if (await isListed(instanceId, wish, parts))
      throw new TransientError(
        'an instance was not found (404), yet the list shows it: does a proxy answer for Command?',
      );
    return { detail: null, requestedAt, serverTime };
  }
  parts.state.noteRows([answer.json]);
  const detail = toInstanceDetail(answer.json, parts.state.rowDialect);
  if (detail?.id !== instanceId.toLowerCase()) throw new TransientError('the instance came back without its id');
  return { detail, requestedAt, serverTime };
}

/** A 404 may come from something in between: the list must agree. One that knows no condition on the id says nothing. */
async function isListed(instanceId: string, wish: ListWish, parts: ReadParts): Promise<boolean> {
  const id = instanceId.toLowerCase();
  try {
    const { rows } = await listById(instanceId, wish, parts);
    return rows.some((row) => String(toFields(row)?.get('id')).toLowerCase() === id);
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}

async function listById(instanceId: string, wish: ListWish, parts: ReadParts): Promise<RawPage> {
  const query = `Id -eq "${instanceId.toLowerCase()}"`;
  return readPage({ path: INSTANCES, query, page: 1, limit: 1, ...wish }, parts, parts.state);
}
