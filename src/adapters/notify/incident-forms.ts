import type { AlertMessage } from '../../ports/alerts.ts';

/** What an alert that fires without end is kept alive for. */
const FOR_EVER_MS = 365 * 24 * 3_600_000;

/** Alertmanager would call an alert resolved that it has not heard of for five minutes: it is told how long ours hold. */
const REPEATS_KEPT = 2;

export interface Origin {
  /** Which Command it is about, so that two installations never share an incident. */
  readonly source: string;
  /** In ms; 0: an alert is told once. */
  readonly repeatInterval: number;
}

/**
 * The body of Alertmanager's `POST /api/v2/alerts`. An alert there is known by its labels, so whatever may change while it
 * fires is an annotation.
 */
export function toAlertmanager(message: AlertMessage, { source, repeatInterval }: Origin): object {
  const { status, severity, cause, key, summary, count, instances, firstAt, lastAt, links } = message;
  const keptMs = repeatInterval > 0 ? REPEATS_KEPT * repeatInterval : FOR_EVER_MS;
  const endsAt = status === 'resolved' ? lastAt : new Date(Date.parse(lastAt) + keptMs).toISOString();
  const [link] = Object.values(links);
  return [
    {
      labels: { alertname: `remediator-${cause}`, cause, key, severity, source },
      annotations: { summary, count: String(count), instances: instances.join(' '), ...links },
      startsAt: firstAt,
      endsAt,
      ...(link === undefined ? {} : { generatorURL: link }),
    },
  ];
}

/** PagerDuty refuses longer ones. */
const LONGEST_SUMMARY = 1024;

/** An event of PagerDuty's Events API v2: one incident a key, resolved by the same key. */
export function toPagerDuty(message: AlertMessage, { source }: Pick<Origin, 'source'>, routingKey: string): object {
  const { status, severity, cause, key, summary, count, instances, firstAt, lastAt, links } = message;
  return {
    routing_key: routingKey,
    event_action: status === 'firing' ? 'trigger' : 'resolve',
    dedup_key: `${source} ${key}`.slice(0, 255),
    payload: {
      summary: summary.length > LONGEST_SUMMARY ? `${summary.slice(0, LONGEST_SUMMARY - 1)}…` : summary,
      source,
      severity,
      timestamp: lastAt,
      class: cause,
      custom_details: { key, count, instances, firstAt },
    },
    links: Object.entries(links).map(([text, href]) => ({ text, href })),
  };
}
