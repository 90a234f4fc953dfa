export interface PageSeen {
  /** From 1. */
  readonly page: number;
  /** Rows asked for. */
  readonly limit: number;
  readonly received: number;
  readonly total: number | null;
}

/** Remembers whether the server caps ReturnLimit, to tell a last page from a capped one. */
export interface PageCap {
  isLast(seen: PageSeen): boolean;
}

export function createPageCap(): PageCap {
  let cap: number | null = null;
  let hasFilledPages = false;
  return {
    isLast: ({ page, limit, received, total }) => {
      if (received === 0) return true;
      if (received >= limit) {
        hasFilledPages = true;
        return false;
      }
      if (total !== null && total >= received) {
        if (page === 1 && received < total && !hasFilledPages) cap = received;
        return (page - 1) * (cap ?? limit) + received >= total;
      }
      // without a total a short page may be a capped one; caps are round numbers, so only those are doubted
      return hasFilledPages || received % 10 !== 0;
    },
  };
}
