import { AccessError, StoreLostError } from '../core/errors.ts';
import type { Duties } from '../adapters/bullmq/work-queue.ts';
import { testDependencies } from '../gate/test-dependencies.ts';
import { fullScan } from '../poller/full-scan.ts';
import type { PollerParts } from '../poller/parts.ts';
import { sweep } from '../poller/sweep.ts';
import { isDenied, noteCommandBack, noteCommandTrouble } from './command-trouble.ts';
import { advanceRemediation } from '../remediation/advance-remediation.ts';
import type { WorkParts } from './create-parts.ts';

/** A step that failed for a reason of ours is tried again after this time. */
const AGAIN_AFTER_MS = 10_000;

/** What the jobs of this replica do. None of them throws: what went wrong is told, and the next run makes it good. */
export function createDuties(parts: WorkParts, onStoreLost: (error: StoreLostError) => void): Duties {
  const told = (error: unknown, tell: (error: Error) => void): void => {
    if (parts.stopping.aborted) return;
    if (error instanceof StoreLostError) onStoreLost(error);
    else tell(error instanceof Error ? error : new Error(String(error)));
  };
  const look = (work: (parts: PollerParts) => Promise<void>, isSweep: boolean) => async (): Promise<void> => {
    try {
      await parts.step(async () => {
        if (await isDenied(parts)) return;
        const begunAt = parts.now();
        await work(parts);
        if (!isSweep) return;
        await noteCommandBack(begunAt, parts);
        parts.heartbeat();
      });
    } catch (error) {
      // Sweeps tell whether Command can be read. Were scans asked, too, one that fails beside sweeps that go well, or the
      // other way round, would raise and resolve the alert for ever (P9).
      if (isSweep || error instanceof AccessError) await noteCommandTrouble(error, parts).catch(() => undefined);
      told(error, (failure) => parts.emit('sweep.failed', { error: failure }));
    }
  };
  return {
    sweep: look(sweep, true),
    scan: look(fullScan, false),
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
