import type { EventMap, EventName, Listener } from '../../daemon/demo-parts.ts';

/** What people want to see happen; the rest is in the numbers. */
const NOTABLE: { readonly [N in EventName]?: (event: EventMap[N]) => string | null } = {
  'dependency.changed': ({ dependency, label, message }) => {
    if (label === 'ramp') return null;
    return `CA ${logicalName(dependency)} ${label === 'down' ? `is down: ${message}` : `: ${label}`}`;
  },
  'remediation.held': ({ title, reason }) => `held for a person: ${title ?? ''} ${firstClause(reason)}`,
  'remediation.ended': ({ outcome, title, reason }) =>
    outcome === 'recovered' ? null : `${outcome}: ${title ?? ''} ${firstClause(reason)}`,
  'restart.answered': ({ result, why, instanceId }) =>
    result === 'accepted' ? null : `restart of ${instanceId}: ${result} (${why}); looking for the new run`,
  'restart.not-sent': ({ why, instanceId }) => `restart of ${instanceId} was not sent: ${why}`,
  'alert.raised': ({ key, count }) => `alert: ${key} (${count})`,
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

function firstClause(reason: string): string {
  return `(${reason.split(/[;:]/)[0] ?? reason})`;
}
