import type { Logger } from 'pino';
import type { EventMap, EventName, Listener } from './events.ts';

type Level = 'error' | 'warn' | 'info' | 'debug';

/** How each event is logged: `warn` look when convenient, `info` a remediation moved, `debug` the rest. */
const LINES: { readonly [N in EventName]: readonly [Level, string | ((event: EventMap[N]) => string)] } = {
  'daemon.started': ['info', 'daemon started'],
  'daemon.waiting': ['warn', 'waiting'],
  'daemon.back': ['info', 'back'],
  'daemon.unfit': ['error', 'nothing is sent'],
  'store.at-risk': ['warn', 'Redis may forget what was sent'],
  'stops.changed': [
    'warn',
    ({ paused, brake }) => (paused === null && brake === null ? 'restarts go on' : 'no restart is sent'),
  ],
  'store.lost': ['error', 'the store was emptied, replaced or set back: starting anew'],
  'sweep.ended': ['debug', 'sweep'],
  'sweep.failed': ['warn', 'sweep failed'],
  'scan.ended': ['debug', 'full scan'],
  'retention.applied': ['info', 'records left the list or were forgotten, as retention says'],
  'feed.distrusted': ['warn', 'the feed passed over a change: rows are read one by one until two full scans agree'],
  'remediation.admitted': ['info', 'failure found'],
  'remediation.decided': ['debug', 'decided'],
  'remediation.ended': ['info', 'ended'],
  'remediation.held': ['warn', 'held: a person must decide'],
  'restart.sending': ['info', 'restarting'],
  'restart.answered': ['info', 'restart answered'],
  'door.shut': ['debug', 'the door is shut'],
  'successor.linked': ['info', 'new run found'],
  'successor.keys-differ': ['warn', 'old and new run differ in some keys of InitialData'],
  'dependency.changed': ['warn', 'dependency changed'],
  'old-row.learned': ['info', 'fate of old rows learned'],
  'observe.would-restart': ['info', ({ count }) => `observe mode: would restart ${count} now`], // the words of DESIGN.md 7
  'command.gate': ['warn', 'gate of Command'],
  'command.requested': ['debug', 'request'],
  'alert.raised': ['warn', 'alert'],
  'alert.resolved': ['info', 'alert resolved'],
  'alert.delivered': ['debug', 'alert delivered'],
  'step.failed': ['error', 'a step failed; it is tried again'],
};

/** Writes every event to the log; errors under `err`, so that their stack and cause are kept. */
export function logEvents(log: Logger): Listener {
  return <N extends EventName>(name: N, event: EventMap[N]): void => {
    const [level, text] = LINES[name];
    const { error, ...fields } = event as EventMap[N] & { readonly error?: Error };
    const line: Record<string, unknown> = { event: name, ...fields, ...(error ? { err: error } : {}) };
    log[level](line, typeof text === 'string' ? text : text(event));
  };
}
