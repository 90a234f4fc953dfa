import type { Time } from './instance.ts';

/** What became of one POST Restart, as far as the sender can know (DESIGN.md 4.6, table of answers). */
export type RestartAnswer =
  /** The 204 status line was read. */
  | { readonly type: 'accepted'; readonly status: 204; readonly serverTime: Time | null }
  /** No byte of the request left this machine, or the answer proves that nothing was done (411, 415). */
  | { readonly type: 'not-sent'; readonly why: string; readonly needsBody: boolean }
  /** 429: not done; everybody waits. */
  | { readonly type: 'throttled'; readonly retryAfterMs: number }
  /** 401 or 403: not done; our access is the trouble. */
  | {
      readonly type: 'denied';
      readonly status: 401 | 403;
      readonly message: string;
      /** A token that grew old, and a new one can be had: once more, by a new intent; left out: no. */
      readonly isWorthNewToken?: boolean;
    }
  /** Any other 4xx but 408. */
  | { readonly type: 'refused'; readonly status: number; readonly errorCode: string | null; readonly message: string }
  /** 408, 5xx, any other 2xx or 3xx, time-out, reset: it may have happened. */
  | {
      readonly type: 'unknown';
      readonly why: string;
      /** A 503 that says how long everybody is to wait. */ readonly retryAfterMs?: number;
    };
