import { StoreLostError } from '../core/errors.ts';
import type { Time } from '../core/instance.ts';
import type { Duties } from '../adapters/bullmq/work-queue.ts';
import { testDependencies } from '../gate/test-dependencies.ts';
import { fullScan } from '../poller/full-scan.ts';
import type { PollerParts } from '../poller/parts.ts';
import { sweep } from '../poller/sweep.ts';
import { isDenied, noteCommandBack, noteCommandTrouble, noteScanBack, noteScanTrouble } from './command-trouble.ts';
import { advanceRemediation } from '../remediation/advance-remediation.ts';
import type { WorkParts } from './create-parts.ts';

/** A step that failed for a reason of ours is tried again after this time. */
const AGAIN_AFTER_MS = 10_000;

/** What is noted of a look at Command. */
interface LookNotes {
  readonly wentWell: (begunAt: Time) => Promise<void>;
  readonly failed: (error: unknown) => Promise<void>;
}

/** What the jobs of this replica do. None of them throws: what went wrong is told, and the next run makes it good. */
export function createDuties(parts: WorkParts, onStoreLost: (error: StoreLostError) => void): Duties {
  const told = (error: unknown, tell: (error: Error) => void): void => {
    if (parts.stopping.aborted) return;
    if (error instanceof StoreLostError) onStoreLost(error);
    else tell(error instanceof Error ? error : new Error(String(error)));
  };
  // Each is told by its own row: were scans to speak for sweeps, too, one that fails beside sweeps that go well would raise
  // and resolve one alert for ever (P9).
  const look = (work: (parts: PollerParts) => Promise<void>, notes: LookNotes) => async (): Promise<void> => {
    try {
      await parts.step(async () => {
        if (await isDenied(parts)) return;
        const begunAt = parts.now();
        await work(parts);
        await notes.wentWell(begunAt);
      });
    } catch (error) {
      await notes.failed(error).catch(() => undefined);
      told(error, (failure) => parts.emit('sweep.failed', { error: failure }));
    }
  };
  return {
    sweep: look(sweep, {
      wentWell: async (begunAt) => {
        await noteCommandBack(begunAt, parts);
        parts.heartbeat();
      },
      failed: async (error) => noteCommandTrouble(error, parts),
    }),
    scan: look(fullScan, {
      wentWell: async () => noteScanBack(parts),
      failed: async (error) => noteScanTrouble(error, parts),
    }),
    test: async () => {
      try {
        await parts.step(async () => ((await isDenied(parts)) ? undefined : testDependencies(parts)));
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root: 'health tests', error: failure }));
      }
    },
    alert: async () => {
      try {
        await parts.step(parts.reconcileAlerts);
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root: 'alerts', error: failure }));
      }
    },
    advance: async (root) => {
      try {
        await parts.step(async () => advanceRemediation(root, parts));
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root, error: failure }));
        await parts.store.postpone(root, AGAIN_AFTER_MS).catch(() => undefined);
      }
    },
  };
}
