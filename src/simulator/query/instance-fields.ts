import { stepOf } from '../world/engine.ts';
import type { SortField } from '../world/instance-store.ts';
import type { Instance } from '../world/types.ts';
import type { Field } from './compile-query.ts';

/** The fields that can be queried (API reference, 3). */
export const INSTANCE_FIELDS: readonly Field<Instance>[] = [
  { name: 'DefinitionId', kind: 'text', get: ({ state }) => state.version.definition.id },
  { name: 'Id', kind: 'text', get: ({ id }) => id },
  { name: 'InitiatingUserName', kind: 'text', get: ({ initiator }) => initiator },
  { name: 'LastModified', kind: 'date', get: ({ state }) => state.lastModified },
  { name: 'ReferenceId', kind: 'integer', get: ({ referenceId }) => referenceId },
  { name: 'StartDate', kind: 'date', get: ({ startDate }) => startDate },
  { name: 'Status', kind: 'status', get: ({ state }) => state.status },
  { name: 'Title', kind: 'text', get: ({ title }) => title },
  { name: 'WorkflowType', kind: 'text', get: ({ state }) => state.version.definition.workflowType },
];

const LIVE: readonly string[] = ['LastModified', 'Status', 'CurrentStepDisplayName'];

/** The same fields to sort by, and the default of the list. */
export const INSTANCE_SORT_FIELDS: readonly SortField[] = [
  ...INSTANCE_FIELDS.map(({ name, get }) => ({
    name,
    isLive: LIVE.includes(name),
    get: (item: Instance) => get(item) ?? '',
  })),
  { name: 'CurrentStepDisplayName', isLive: true, get: (item) => stepOf(item).displayName },
];
