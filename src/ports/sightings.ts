import type { Time } from '../core/instance.ts';
import type { Observation, Sighting } from '../core/sighting.ts';

/** The feed's memory: every row seen, and since when. */
export interface Sightings {
  /** Takes in observations; tells what is new or changed, with what was known before. */
  observe(observations: readonly Observation[]): Promise<readonly SightingChange[]>;
  get(instanceIds: readonly string[]): Promise<ReadonlyMap<string, Sighting>>;
  markGone(instanceId: string, requestedAt: Time): Promise<void>;
  /** Rows of a definition first seen after the mark, newest first. */
  after(definitionId: string, mark: number, limit: number): Promise<readonly Sighting[]>;
  withTitle(definitionId: string, title: string | null, limit: number): Promise<readonly Sighting[]>;
  /** Rows read and found to have this request key. */
  withRequestKey(requestKey: string, limit: number): Promise<readonly Sighting[]>;
  /** The largest number given out so far. */
  mark(): Promise<number>;
  /** Forgets rows not changed since (server time), `keep` apart. */
  prune(before: Time, limit: number): Promise<number>;
}

export interface SightingChange {
  readonly sighting: Sighting;
  readonly before: Sighting | null;
}
