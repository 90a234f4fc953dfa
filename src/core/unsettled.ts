import type { Intent } from './intent.ts';
import type { HoldCause, Remediation, Search } from './remediation.ts';

const UNSETTLED_CAUSES: ReadonlySet<HoldCause> = new Set([
  'ambiguous',
  'successor not found',
  'restart may have happened',
]);

/**
 * True where a restart may have happened whose new run is not settled: bulk decisions leave such a row out, and it is
 * sent again only by its own id with `--send-again` (DESIGN.md 6). `intent`: the journal's word on the current instance.
 */
export function isUnsettled(remediation: Remediation, intent: Intent | null = null): boolean {
  const { phase, holdCause, search } = remediation;
  if (phase === 'restarting' || isIgnoredUnsettled(remediation)) return true;
  if (phase === 'resolving') return search?.origin !== 'external';
  if (phase === 'held' && holdCause !== null && UNSETTLED_CAUSES.has(holdCause)) return true;
  return intent?.instanceId === remediation.currentInstanceId && isDoubtful(intent);
}

/** A person ignored it before it was known which run is the new one of its restart. */
export function isIgnoredUnsettled<T extends Pick<Remediation, 'outcome' | 'search'>>(
  remediation: T,
): remediation is T & { readonly search: Search } {
  return remediation.outcome === 'ignored' && remediation.search !== null;
}

/** The instance whose restart is the latest one: the predecessor that is searched from, else the current one. */
export function restartedId(remediation: Remediation): string {
  const { search, lineage, currentInstanceId } = remediation;
  if (search !== null) return search.predecessorId;
  const record = lineage.findLast(({ newInstanceId }) => newInstanceId === null || newInstanceId === currentInstanceId);
  return record?.oldInstanceId ?? currentInstanceId;
}

/** A refusal is an answer that proves itself; anything else that was sent may have happened. */
function isDoubtful({ state }: Intent): boolean {
  return state === 'open' || state === 'accepted' || state === 'unknown';
}
