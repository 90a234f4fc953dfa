import type { Emit } from '../telemetry/events.ts';
import { checkFitness } from './fitness.ts';
import type { FitnessQuestion, Unfit } from './fitness.ts';
import type { StoreParts } from './store-parts.ts';

export interface BringUp {
  readonly question: FitnessQuestion;
  readonly stores: StoreParts;
  readonly emit: Emit;
  readonly stopping: AbortSignal;
  readonly onUnfit: (unfit: Unfit | null) => void;
}

const PAUSE_MS = 2000;

/** Waits until Redis answers and may be worked with. False: stopped before. */
export async function bringUp({ question, stores, emit, stopping, onUnfit }: BringUp): Promise<boolean> {
  let told = '';
  while (!stopping.aborted) {
    const unfit = await lookOnce(question, stores);
    if (unfit === null) {
      onUnfit(null);
      return true;
    }
    if (unfit !== 'away') {
      onUnfit(unfit);
      if (told !== unfit.why) emit('daemon.unfit', unfit);
      told = unfit.why;
    }
    await pause(stopping);
  }
  return false;
}

/** `away`: Redis does not answer, which is told by the watch on it. */
async function lookOnce(question: FitnessQuestion, stores: StoreParts): Promise<Unfit | 'away' | null> {
  try {
    await stores.kv.attach();
    return await checkFitness(question);
  } catch {
    return 'away';
  }
}

async function pause(stopping: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, PAUSE_MS);
    stopping.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
