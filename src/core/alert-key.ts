import type { Remediation } from './remediation.ts';

/** The causes of DESIGN.md 7. */
export const ALERT_CAUSES = [
  'dependency-down',
  'exhausted',
  'held',
  'refused',
  'history',
  'waiting-long',
  'access',
  'command-away',
  'redis',
  'failed-status-unknown',
  'old-row-unknown',
  'not-recognised',
  'second-daemon',
  'brake',
] as const;
export type AlertCause = (typeof ALERT_CAUSES)[number];

/** The key of an alert: its cause and what it is one per, nothing else. `--cause` takes it. */
export function alertKey(cause: AlertCause, ...per: readonly string[]): string {
  return [
    cause,
    ...per.map((part) =>
      part
        .trim()
        .toLowerCase()
        .replaceAll(/[\s:]+/g, '-'),
    ),
  ].join(':');
}

/** The cause that a key names. */
export function causeOf(key: string): AlertCause {
  const [cause = ''] = key.split(':');
  return ALERT_CAUSES.find((known) => known === cause) ?? 'held';
}

/** The alert a remediation belongs to in its present state; null: none. One per definition, step and reason. */
export function alertKeyOf(remediation: Remediation): string | null {
  const { phase, outcome, wait, holdCause, definitionId, failure } = remediation;
  const step = failure?.stepUniqueName ?? failure?.step ?? 'unknown step';
  if (phase === 'held' && holdCause === 'not recognised') return alertKey('not-recognised', definitionId);
  if (phase === 'held')
    return holdCause === 'history' ? alertKey('history') : alertKey('held', definitionId, step, holdCause ?? 'held');
  // Behind one that is in a person's hands: it has joined that one's alert.
  if (phase === 'waiting' && wait === 'behind') return remediation.alertKey;
  if (phase !== 'ended') return null;
  if (outcome === 'exhausted') return alertKey('exhausted', definitionId, step, 'attempts');
  return outcome === 'refused' ? alertKey('refused', definitionId, step, 'refused') : null;
}
