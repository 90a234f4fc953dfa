import { stepOf } from '../world/engine.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { DataMap, Instance, World } from '../world/types.ts';

/** A date in the form of this server; without a zone it is in the server's own. */
export function renderDate(at: number, { dates, dateOffsetMinutes }: Knobs): string {
  const iso = new Date(dates === 'nozone' ? at + dateOffsetMinutes * 60_000 : at).toISOString();
  return DATE_FORMS[dates](iso);
}

const DATE_FORMS: Record<Knobs['dates'], (iso: string) => string> = {
  z7: (iso) => iso.replace('Z', '0000Z'),
  nozone: (iso) => iso.replace('Z', ''),
  nofraction: (iso) => iso.replace(/\.\d+Z$/, 'Z'),
};

/** A row of the list: InstanceQueryResponse, no property more and none less (API reference, 3). */
export function renderRow(world: World, instance: Instance): DataMap {
  const { knobs } = world;
  const { state } = instance;
  const { definition, version } = state.version;
  const step = stepOf(instance);
  return {
    Id: instance.id,
    Status: knobs.statusForm === 'name' ? state.status : knobs.statusMap[state.status],
    CurrentStepId: step.id,
    StatusMessage: state.message,
    Definition: {
      Id: definition.id,
      DisplayName: definition.displayName,
      Version: version,
      WorkflowType: definition.workflowType,
    },
    CurrentStepDisplayName: step.displayName,
    CurrentStepUniqueName: step.uniqueName,
    Title: instance.title,
    LastModified: renderDate(state.lastModified, knobs),
    StartDate: renderDate(instance.startDate, knobs),
    ReferenceId: instance.referenceId,
  };
}

/** The single read: the row, its signals and both data maps. */
export function renderInstance(world: World, instance: Instance): DataMap {
  const { signals, additions } = instance.state;
  return {
    ...renderRow(world, instance),
    Signals: signals.map(({ stepUniqueName, name, stepSignalId, isReceived }) => ({
      SignalName: `${stepUniqueName}.${name}`,
      StepSignalId: stepSignalId,
      SignalReceived: isReceived,
    })),
    InitialData: instance.initialData,
    CurrentStateData: { ...instance.initialData, ...additions },
  };
}

/** Maps whose keys are data, not property names. */
const DATA_MAPS: readonly string[] = ['InitialData', 'CurrentStateData', 'ConfigurationParameters', 'Outputs'];

/** Writes property names in camel case, as the knob `propertyCase` asks. */
export function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      DATA_MAPS.includes(key) ? inner : toCamelCase(inner),
    ]),
  );
}
