const parse = JSON.parse.bind(JSON);
const parsed = new Map<string, unknown>();

/**
 * The store's texts are parsed again at every read, most of them unchanged: a fifth of a world's time. From here on equal
 * texts give the same value, until they are forgotten. Nothing that was read from the store is ever changed in place.
 */
export function parseOnce(): void {
  JSON.parse = ((text: string, reviver?: (key: string, value: unknown) => unknown): unknown => {
    if (reviver !== undefined) return parse(text, reviver);
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const value: unknown = parse(text);
    parsed.set(text, value);
    return value;
  }) as typeof JSON.parse;
}

/** For the next world. */
export function forgetParsed(): void {
  parsed.clear();
}
