import { AsyncLocalStorage } from 'node:async_hooks';
import type { Time } from '../../core/instance.ts';

/** The contents of the store that work belongs to, and how far this process knows them. */
export interface Attachment {
  readonly epoch: string;
  /** Ours: when this process took them on. */
  readonly at: Time;
  /** The latest sequence that an answer showed, and that of this process's own last commit. */
  sequence: number;
  ownSequence: number;
}

/**
 * A step of work stays with the contents it began on: once the store has gone back and the process has taken on a new
 * epoch, what an older step read before is void, and none of its commits is taken.
 */
export class Attachments {
  private latest: Attachment = { epoch: '', at: 0, sequence: 0, ownSequence: 0 };
  private readonly steps = new AsyncLocalStorage<Attachment>();

  attach(epoch: string, sequence: number, at: Time): void {
    this.latest = { epoch, at, sequence, ownSequence: 0 };
  }

  /** What was taken on last. */
  current(): Attachment {
    return this.latest;
  }

  /** What the running step belongs to; outside of steps: what was taken on last. */
  own(): Attachment {
    return this.steps.getStore() ?? this.latest;
  }

  /** Runs a step: all of its commits belong to what is attached now. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    return this.steps.run(this.latest, work);
  }
}

/** A commit went through with this sequence. */
export function noteCommit(attachment: Attachment, sequence: number): void {
  attachment.sequence = Math.max(attachment.sequence, sequence);
  attachment.ownSequence = Math.max(attachment.ownSequence, sequence);
}
