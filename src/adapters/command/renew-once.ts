import type { Authorization } from './authorization.ts';

/** Whether a restart that was answered 401 is worth another intent: once, with a new token (DESIGN.md 4.6). */
export interface RenewOnce {
  /** Command knew us by this header: the next 401 is a token that grew old. */
  noteTaken(header: string): void;
  /** Command answered 401 to this header. True: a new token can be had, and is not one that came after a 401 itself. */
  noteDenied(header: string): boolean;
}

export function createRenewOnce(authorization: Pick<Authorization, 'renew'>): RenewOnce {
  let denied: string | null = null;
  return {
    noteTaken: (header) => {
      if (header !== denied) denied = null;
    },
    noteDenied: (header) => {
      // Restarts beside each other are denied with the same token: that is one 401.
      const isAgain = denied !== null && denied !== header;
      const canRenew = authorization.renew(header);
      denied ??= header;
      return canRenew && !isAgain;
    },
  };
}
