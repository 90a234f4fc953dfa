import { parseJson, readList, readText, toFields } from './wire-json.ts';

export interface WireError {
  /** Command's own code, e.g. `0xA0140002`. */
  readonly errorCode: string | null;
  /** What Command said; empty where it said nothing that can be read. */
  readonly message: string;
}

const MAX_MESSAGE = 500;

/** Reads the body of an error, which may be JSON, a page or nothing (API reference 1). The text is untrusted. */
export function parseErrorBody(text: string): WireError {
  const fields = toFields(parseJson(text));
  if (!fields) return { errorCode: null, message: '' };
  const reasons = readList(fields, 'FailedOperations').flatMap((failed) => {
    const reason = toFields(failed);
    return (reason && readText(reason, 'Reason')) ?? [];
  });
  const message = [readText(fields, 'Message') ?? readText(fields, 'title'), ...reasons].filter(Boolean).join('; ');
  return { errorCode: readText(fields, 'ErrorCode'), message: message.slice(0, MAX_MESSAGE) };
}
