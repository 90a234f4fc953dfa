import { TransientError } from '../../core/errors.ts';
import type { InstanceReading } from '../../ports.ts';
import { callRead, type CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import type { ListWish } from './list-instances.ts';
import { toInstanceDetail } from './wire-instance.ts';

/** One instance with its data; a detail of null means that Command does not know the id. */
export async function readInstance(
  instanceId: string,
  wish: ListWish,
  parts: CallerParts & { readonly state: DialectState },
): Promise<InstanceReading> {
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
  if (answer.status === 404) return { detail: null, requestedAt, serverTime };
  parts.state.noteRows([answer.json]);
  const detail = toInstanceDetail(answer.json, parts.state.rowDialect);
  if (detail?.id !== instanceId.toLowerCase()) throw new TransientError('the instance came back without its id');
  return { detail, requestedAt, serverTime };
}
