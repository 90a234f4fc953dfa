import type { EventMap, EventName, Listener } from '../../daemon/demo-parts.ts';

/** What people want to see happen; the rest is in the numbers. */
const NOTABLE: { readonly [N in EventName]?: (event: EventMap[N]) => string | null } = {
  'dependency.changed': ({ dependency, label, message }) => {
    const name = logicalName(dependency);
    if (label === 'down') return `${name} is down: ${message}`;
    return label === 'canary' ? `${name} tests good again: one goes first, as the canary` : null;
  },
  'remediation.held': ({ title, reason }) => `held for a person: ${title ?? ''} ${firstClause(reason)}`,
  'remediation.ended': ({ outcome, title, reason }) =>
    outcome === 'recovered' ? null : `${outcome}: ${title ?? ''} ${firstClause(reason)}`,
  'restart.answered': ({ result, why, instanceId }) =>
    result === 'accepted' ? null : `restart of ${instanceId}: ${result} (${why}); looking for the new run`,
  'alert.raised': ({ summary }) => `ALERT ${firstWords(summary)}`,
  'alert.resolved': ({ key }) => `alert resolved: ${key}`,
  'daemon.unfit': ({ why, fix }) => `nothing is sent: ${why}; ${fix}`,
  'store.lost': ({ why }) => `the store was lost: ${why}`,
  'sweep.failed': ({ error }) => `sweep failed: ${error.message}`,
  'step.failed': ({ root, error }) => `a step of ${root} failed: ${error.message}`,
};

/** Tells the notable events in words. */
export function notableEvents(tell: (text: string) => void): Listener {
  return <N extends EventName>(name: N, event: EventMap[N]) => {
    const words: ((event: EventMap[N]) => string | null) | undefined = NOTABLE[name];
    const text = words?.(event) ?? null;
    if (text !== null) tell(text);
  };
}

function logicalName(dependency: string): string {
  return dependency.split('\\').at(-1) ?? dependency;
}

/** The alert's title; the advice that follows is for those who get it. */
function firstWords(summary: string): string {
  return summary.split(/ \(|;|: /)[0] ?? summary;
}

function firstClause(reason: string): string {
  return `(${reason.split(/[;:]/)[0] ?? reason})`;
}
