import { mayHaveHappened } from '../../core/intent.ts';
import type { Intent, IntentState } from '../../core/intent.ts';
import type { Keys } from './keys.ts';
import type { Kv, Write } from './kv.ts';

export interface RestoreOptions {
  /** Its search is not over. */
  readonly isUnsettled: boolean;
  /** It holds its request key, where nobody else does. */
  readonly isClaiming: boolean;
}

/**
 * Brings back the intent of a restart that was or may have been sent, so that its id is not sent again. False: the
 * journal knows one of this instance already, or knows better.
 */
export async function restoreIntent(
  intent: Intent,
  options: RestoreOptions,
  { kv, keys }: { readonly kv: Kv; readonly keys: Keys },
): Promise<boolean> {
  const id = intent.instanceId;
  const known = await kv.hget(keys.intentStates, id);
  const [fence = '0', state = 'not-sent'] = known?.split(':') ?? [];
  if (mayHaveHappened({ state: state as IntentState })) return false; // oxlint-disable-line typescript/no-unsafe-type-assertion -- written by us
  const restored: Intent = { ...intent, fence: Math.max(intent.fence, Number(fence) + 1) };
  const claim = keys.claim(intent.requestKey);
  const writes: Write[] = [
    ['hset', keys.intents, id, JSON.stringify(restored)],
    ['hset', keys.intentStates, id, `${restored.fence}:${restored.state}`],
  ];
  if (options.isUnsettled) writes.push(['zadd', keys.unsettled, intent.openedAt, id]);
  if (options.isUnsettled && options.isClaiming && (await kv.get(claim)) === null) writes.push(['set', claim, id]);
  const committed = await kv.commit([{ is: 'equal', key: keys.intentStates, field: id, value: known }], writes);
  return committed.ok;
}
