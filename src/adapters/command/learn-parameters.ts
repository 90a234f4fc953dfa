import type { DialectState } from './dialect-state.ts';
import type { Probe } from './probe.ts';

/**
 * Finds out which names of list parameters the server heeds: names it does not know are ignored, so more than one row
 * in answer to a limit of one gives it away. Costs one call where lists count their rows, else two or three; a world
 * with less than two instances tells nothing.
 */
export async function learnParameters(state: DialectState, probe: Probe): Promise<void> {
  const plain = await probe(null, 1, '11');
  const rows = plain.statuses.length;
  if (rows === 1 && (plain.total ?? 0) > 1) return heeds11(state, `of ${plain.total} rows, one came`);
  if (rows === 0 && !plain.isRefused) return undefined;

  const prefixed = await probe(null, 1, '10');
  if (rows === 1 && prefixed.statuses.length > 1) return heeds11(state, 'and the 10.x name was ignored');
  if (rows !== 1 && prefixed.statuses.length === 1) {
    const evidence = `ReturnLimit=1 brought ${rows} rows, pq.returnLimit=1 brought one`;
    return state.learn('parameters', evidence, { parameters: '10' });
  }
  if (rows !== 1) return undefined;

  const two = await probe(null, 2, '11');
  return two.statuses.length === 2 ? heeds11(state, 'and ReturnLimit=2 brought two') : undefined;
}

function heeds11(state: DialectState, detail: string): void {
  state.learn('parameters', `ReturnLimit=1 was heeded: ${detail}`, { parameters: '11' });
}
