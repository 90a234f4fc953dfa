import type { Definition, DefinitionStep } from '../../core/instance.ts';
import { isRecord, readBoolean, readInteger, readList, readText, toFields, toGuid, type Fields } from './wire-json.ts';

export interface WireDefinition {
  readonly definition: Definition;
  /** True where what was read is a draft beside a published version. */
  readonly isDraft: boolean;
}

/** One definition with its steps, API version 1 (API reference 6); null where it has no id. */
export function toDefinition(value: unknown, asked: number | null): WireDefinition | null {
  const fields = toFields(value);
  const id = fields && toGuid(fields.get('id'));
  if (!fields || !id) return null;
  const publishedVersion = readInteger(fields, 'PublishedVersion');
  const isPublished = readBoolean(fields, 'IsPublished');
  const version = asked ?? versionOf(fields, isPublished, publishedVersion);
  return {
    definition: {
      id,
      displayName: readText(fields, 'DisplayName'),
      workflowType: readText(fields, 'WorkflowType') ?? '',
      version,
      publishedVersion,
      steps: readList(fields, 'Steps').flatMap((step) => toStep(step) ?? []),
    },
    isDraft: publishedVersion !== null && version !== publishedVersion,
  };
}

/** Without a version asked for, the latest is shown, which may be a draft. */
function versionOf(fields: Fields, isPublished: boolean | null, published: number | null): number | null {
  const shown = readInteger(fields, 'Version');
  if (shown !== null) return shown;
  const draft = readInteger(fields, 'DraftVersion');
  if (isPublished === null) return draft ?? published;
  return isPublished ? published : draft;
}

function toStep(value: unknown): DefinitionStep | null {
  const fields = toFields(value);
  if (!fields) return null;
  return {
    displayName: readText(fields, 'DisplayName'),
    uniqueName: readText(fields, 'UniqueName'),
    extensionName: readText(fields, 'ExtensionName'),
    parameters: toParameters(fields.get('configurationparameters')),
  };
}

/** Parameters as text by lower-cased name; what is deeper than a value is left out. */
function toParameters(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  const texts = Object.entries(value).flatMap(([name, content]) => {
    const text = toText(content);
    return text === null ? [] : [[name.toLowerCase(), text] as const];
  });
  return Object.fromEntries(texts);
}

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
