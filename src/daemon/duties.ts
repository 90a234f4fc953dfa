import { AccessError, StoreLostError } from '../core/errors.ts';
import type { Duties } from '../adapters/bullmq/work-queue.ts';
import { testDependencies } from '../gate/test-dependencies.ts';
import type { GateParts } from '../gate/parts.ts';
import { fullScan } from '../poller/full-scan.ts';
import type { PollerParts } from '../poller/parts.ts';
import { sweep } from '../poller/sweep.ts';
import { reportAccessTrouble } from '../remediation/access.ts';
import { advanceRemediation } from '../remediation/advance-remediation.ts';
import type { RemediationParts } from '../remediation/parts.ts';

/** A step that failed for a reason of ours is tried again after this time. */
const AGAIN_AFTER_MS = 10_000;

/** What the jobs of this replica do. None of them throws: what went wrong is told, and the next run makes it good. */
export function createDuties(
  parts: RemediationParts & PollerParts & GateParts,
  options: { readonly onStoreLost: (error: StoreLostError) => void; readonly alert: () => Promise<void> },
): Duties {
  const told = (error: unknown, tell: (error: Error) => void): void => {
    if (parts.stopping.aborted) return;
    if (error instanceof StoreLostError) options.onStoreLost(error);
    else tell(error instanceof Error ? error : new Error(String(error)));
  };
  const look = (work: (parts: PollerParts) => Promise<void>) => async (): Promise<void> => {
    try {
      await work(parts);
    } catch (error) {
      if (error instanceof AccessError) await reportAccessTrouble('*', error.message, parts).catch(() => undefined);
      told(error, (failure) => parts.emit('sweep.failed', { error: failure }));
    }
  };
  return {
    sweep: look(sweep),
    scan: look(fullScan),
    test: async () => {
      try {
        await testDependencies(parts);
      } catch (error) {
        told(error, (failure) => parts.emit('step.failed', { root: 'health tests', error: failure }));
      }
    },
    alert: async () => {
      try {
        await options.alert();
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
