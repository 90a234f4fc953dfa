import { StoreLostError } from '../core/errors.ts';
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
  const look = (work: (parts: PollerParts) => Promise<void>) => async (): Promise<void> => {
    try {
      if (await isDenied(parts)) return;
      await work(parts);
      await noteCommandBack(parts);
    } catch (error) {
      await noteCommandTrouble(error, parts).catch(() => undefined);
      told(error, (failure) => parts.emit('sweep.failed', { error: failure }));
    }
  };
  return {
    sweep: look(sweep),
    scan: look(fullScan),
    test: async () => {
      try {
        if (!(await isDenied(parts))) await testDependencies(parts);
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root: 'health tests', error: failure }));
      }
    },
    alert: async () => {
      try {
        await parts.reconcileAlerts();
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root: 'alerts', error: failure }));
      }
    },
    advance: async (root) => {
      try {
        await advanceRemediation(root, parts);
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root, error: failure }));
        await parts.store.postpone(root, AGAIN_AFTER_MS).catch(() => undefined);
      }
    },
  };
}
