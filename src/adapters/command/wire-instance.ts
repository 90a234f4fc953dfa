import type { InstanceDetail, InstanceRow, Signal } from '../../core/instance.ts';
import type { StatusMap } from './options.ts';
import { parseWireDate, toTime } from './wire-dates.ts';
import { isRecord, readBoolean, readInteger, readList, readObject, readText, toFields, toGuid } from './wire-json.ts';
import type { Fields } from './wire-json.ts';
import { parseStatus } from './wire-status.ts';

/** What of the dialect a row's meaning hangs on. */
export interface RowDialect {
  readonly statusMap: StatusMap;
  /** Added to dates without a zone. */
  readonly zoneOffsetMs: number;
}

/** One row of a list; null where it has no valid id. */
export function toInstanceRow(value: unknown, dialect: RowDialect): InstanceRow | null {
  const fields = toFields(value);
  const id = fields && toGuid(fields.get('id'));
  return fields && id ? rowOf(id, fields, dialect) : null;
}

/** One instance as the single read shows it; null where it has no valid id. */
export function toInstanceDetail(value: unknown, dialect: RowDialect): InstanceDetail | null {
  const row = toInstanceRow(value, dialect);
  const fields = toFields(value);
  if (!row || !fields) return null;
  return {
    ...row,
    signals: readList(fields, 'Signals').flatMap((signal) => toSignal(signal) ?? []),
    initialData: readMap(fields, 'InitialData'),
    currentStateData: readMap(fields, 'CurrentStateData'),
  };
}

function rowOf(id: string, fields: Fields, dialect: RowDialect): InstanceRow {
  const definition = readObject(fields, 'Definition') ?? new Map<string, unknown>();
  const { status, raw } = parseStatus(fields.get('status'), dialect.statusMap);
  const { zoneOffsetMs } = dialect;
  const isZoneless = parseWireDate(fields.get('lastmodified'))?.hasZone === false;
  return {
    id,
    status,
    rawStatus: raw,
    statusMessage: readText(fields, 'StatusMessage'),
    definitionId: toGuid(definition.get('id')) ?? readText(definition, 'Id')?.toLowerCase() ?? '',
    definitionName: readText(definition, 'DisplayName'),
    definitionVersion: readInteger(definition, 'Version'),
    workflowType: readText(definition, 'WorkflowType') ?? '',
    stepName: readText(fields, 'CurrentStepDisplayName') || null,
    stepUniqueName: readText(fields, 'CurrentStepUniqueName') || null,
    title: readText(fields, 'Title'),
    lastModified: toTime(fields.get('lastmodified'), zoneOffsetMs),
    startDate: toTime(fields.get('startdate'), zoneOffsetMs),
    ...(isZoneless && zoneOffsetMs !== 0 ? { zoneOffsetMs } : {}),
    referenceId: readInteger(fields, 'ReferenceId'),
  };
}

function toSignal(value: unknown): Signal | null {
  const fields = toFields(value);
  return fields && { name: readText(fields, 'SignalName'), received: readBoolean(fields, 'SignalReceived') ?? false };
}

function readMap(fields: Fields, name: string): Readonly<Record<string, unknown>> | null {
  const value = fields.get(name.toLowerCase());
  return isRecord(value) ? value : null;
}
