/** An error of ours: `code` is stable and is what others match on; `cause` is what happened underneath. */
export abstract class AppError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A read got no useful answer: try again later, no attempt is spent. */
export class TransientError extends AppError {
  readonly code = 'TRANSIENT';
  readonly retryAfterMs: number | null;
  /** The status of the answer that was of no use; null where there was none. */
  readonly status: number | null;

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number; status?: number }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs ?? null;
    this.status = options?.status ?? null;
  }
}

/** Command understood a read and said no (a 4xx that is neither 401, 403, 404 nor 429). */
export class RefusedError extends AppError {
  readonly code = 'REFUSED';
  readonly status: number;
  /** Command's own `ErrorCode`, where it sent one. */
  readonly errorCode: string | null;

  constructor(message: string, options: ErrorOptions & { status: number; errorCode?: string | null }) {
    super(message, options);
    this.status = options.status;
    this.errorCode = options.errorCode ?? null;
  }
}

/** 401 or 403: our credentials or rights, not the instance. */
export class AccessError extends AppError {
  readonly code = 'ACCESS';
  readonly status: 401 | 403;
  /** The operation that was denied, e.g. `GET /Workflow/Instances`. */
  readonly route: string;

  constructor(message: string, options: ErrorOptions & { status: 401 | 403; route: string }) {
    super(message, options);
    this.status = options.status;
    this.route = options.route;
  }
}

/** The store went back or was replaced under us (FLUSHALL, restored backup, lagging replica). */
export class StoreLostError extends AppError {
  readonly code = 'STORE_LOST';
  /** The epoch that the work belonged to. */
  readonly epoch: string;

  constructor(message: string, epoch: string) {
    super(message);
    this.epoch = epoch;
  }
}
