export interface PageSeen {
  /** From 1. */
  readonly page: number;
  /** Rows asked for. */
  readonly limit: number;
  readonly received: number;
  /** Rows of the whole list; null: not known. */
  readonly total: number | null;
  /** What is asked for, the page aside. */
  readonly shape: string;
  /** The ids of the page. */
  readonly ids: string;
}

/** Remembers whether the server caps ReturnLimit, to tell a last page from a capped one. */
export interface PageCap {
  isLast(seen: PageSeen): boolean;
}

/** Lists whose latest page is remembered. */
const MAX_SHAPES = 16;

export function createPageCap(): PageCap {
  const latest = new Map<string, string>();
  let cap: number | null = null;
  let hasFilledPages = false;
  let largest = 0;

  function isRepeated({ page, shape, ids }: PageSeen): boolean {
    const isSame = page > 1 && latest.get(shape) === ids;
    latest.delete(shape);
    latest.set(shape, ids);
    for (const old of latest.keys()) if (latest.size > MAX_SHAPES) latest.delete(old);
    return isSame;
  }

  return {
    isLast: (seen) => {
      const { page, limit, received, total } = seen;
      // a server that heeds no page number sends the same page for ever
      if (received === 0 || isRepeated(seen)) return true;
      const isShorter = received < largest;
      largest = Math.max(largest, received);
      if (received >= limit) {
        hasFilledPages = true;
        return false;
      }
      if (total !== null) {
        if (page === 1 && received < total && !hasFilledPages) cap = received;
        return (page - 1) * (cap ?? limit) + received >= total;
      }
      // without a total a short page may be a capped one, unless longer ones have come
      return hasFilledPages || isShorter;
    },
  };
}
