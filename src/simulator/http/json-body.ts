import { badArgument } from './api-error.ts';

/**
 * Reads a JSON body; an empty one is an empty object.
 * @throws ApiError 400
 */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body.trim() === '' ? '{}' : body);
  } catch {
    throw badArgument('The request body is not valid JSON.');
  }
}

/** A property by its name, whatever its case. */
export function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
