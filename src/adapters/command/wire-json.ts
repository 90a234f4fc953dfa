/** The properties of a JSON object by lower-cased name: servers differ in case (API reference 1). */
export type Fields = ReadonlyMap<string, unknown>;

/** The properties of an object, found in any case; null for anything that is not an object. */
export function toFields(value: unknown): Fields | null {
  if (!isRecord(value)) return null;
  const fields = new Map<string, unknown>();
  for (const [name, content] of Object.entries(value)) {
    const key = name.toLowerCase();
    if (!fields.has(key)) fields.set(key, content);
  }
  return fields;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text; numbers are written out; null where absent. */
export function readText(fields: Fields, name: string): string | null {
  const value = fields.get(name.toLowerCase());
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** An integer, also written as a string; null where absent or not whole. */
export function readInteger(fields: Fields, name: string): number | null {
  return toInteger(fields.get(name.toLowerCase()));
}

export function toInteger(value: unknown): number | null {
  const number = typeof value === 'string' && /^\s*-?\d{1,16}\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

/** A boolean, also written as a string or as 0 and 1; null where absent. */
export function readBoolean(fields: Fields, name: string): boolean | null {
  const value = fields.get(name.toLowerCase());
  if (typeof value === 'boolean') return value;
  if (value === 1 || value === 0) return value === 1;
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : null;
}

/** An object's properties, or null. */
export function readObject(fields: Fields, name: string): Fields | null {
  return toFields(fields.get(name.toLowerCase()));
}

/** A list; empty where absent. */
export function readList(fields: Fields, name: string): readonly unknown[] {
  const value = fields.get(name.toLowerCase());
  return Array.isArray(value) ? value : [];
}

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** A GUID in lower case, or null. */
export function toGuid(value: unknown): string | null {
  return typeof value === 'string' ? (GUID.exec(value.trim())?.[1]?.toLowerCase() ?? null) : null;
}

/** The JSON value of an answer; undefined where it is none (a page, a cut text). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
