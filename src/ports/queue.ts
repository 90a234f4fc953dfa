/** Work for the replicas. A job is only a wake-up: losing or repeating one does no harm. */
export interface Queue {
  /** One step of each of these remediations, soon, by any worker. */
  enqueue(rootInstanceIds: readonly string[]): Promise<void>;
  /** A sweep as soon as possible; many wishes make one sweep. */
  requestSweep(): Promise<void>;
  requestTests(): Promise<void>;
}
