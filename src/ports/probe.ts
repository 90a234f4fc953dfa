/** A health check of an endpoint that rules depend on. Never throws: what went wrong is the message. */
export interface Probe {
  check(timeoutMs: number, signal?: AbortSignal): Promise<{ readonly isGood: boolean; readonly message: string }>;
}
