import { OUTCOMES, PHASES } from '../../core/remediation.ts';
import type { Outcome, Phase } from '../../core/remediation.ts';
import type { StatusView } from '../../core/status-view.ts';
import type { RemediationView } from '../../core/views.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { fields, layout, moment, table } from './layout.ts';

export interface OverviewQuery {
  readonly phase?: Phase | undefined;
  readonly outcome?: Outcome | undefined;
  readonly search?: string | undefined;
}

export interface Overview {
  readonly status: StatusView;
  readonly query: OverviewQuery;
  readonly items: readonly RemediationView[];
  /** Address of the next page; null: this is the last. */
  readonly next: string | null;
  /** The first page, which the browser keeps fresh. */
  readonly isFirst: boolean;
}

const REFRESH_SECONDS = 10;

/** The state of everything, and the remediations that the reader asked for. */
export function overviewPage({ status, query, items, next, isFirst }: Overview): string {
  const content = html`
    ${stateOf(status)}
    <h2>For people</h2>
    ${table(
      ['Remediations', 'Cause', 'What can be done'],
      status.causes.map(({ key, count }) => [count, html`<code>${key}</code>`, adviceFor(key)]),
    )}
    <h2>Dependencies</h2>
    ${dependenciesOf(status)}
    <h2>Remediations</h2>
    ${filters(status, query)} ${list(items)} ${next === null ? null : html`<p><a href="${next}">older</a></p>`}
  `;
  return layout('Remediator', content, isFirst && query.search === undefined ? REFRESH_SECONDS : 0);
}

function stateOf({ mode, replicas, lastSweepAt, paused, brake, limits, oldRow }: StatusView): Html {
  const isObserving = mode === 'observe';
  return fields([
    ['Mode', isObserving ? html`<span class="warn">observe: nothing is sent</span>` : mode],
    ['Replicas', replicas],
    ['Last sweep', moment(lastSweepAt) ?? 'none yet'],
    ['Paused', paused && html`<span class="warn">${paused.reason} (by ${paused.by}, ${untilOf(paused.until)})</span>`],
    ['Brake', brake === null ? null : html`<span class="warn">${brake}; remediator resume ends it</span>`],
    [
      'Limits',
      `${limits.concurrency} at once, ${limits.perMinute} a minute, ${limits.perCaPerMinute} a minute into one CA`,
    ],
    ['Old rows', oldRow.evidence === null ? oldRow.fate : `${oldRow.fate} (${oldRow.evidence})`],
  ]);
}

function untilOf(until: string | null): string {
  return until === null ? 'until somebody resumes' : `until ${moment(until)}`;
}

/** The command that shows the remediations of a cause, or takes them on. */
function adviceFor(key: string): Html {
  return key === 'history'
    ? html`<code>remediator adopt --since 24h --limit 50</code>`
    : html`<code>remediator release --cause '${key}' --reason …</code> (or retry, ignore)`;
}

function dependenciesOf({ dependencies }: StatusView): Html {
  return table(
    ['Dependency', 'State', 'Waiting', 'Under way', 'Last good', 'Next look', 'Last answer'],
    dependencies.map(({ name, kind, state, waiting, inFlight, lastGoodAt, nextAt, message }) => [
      html`${name} <span class="quiet">${kind}</span>`,
      state === 'up' ? state : html`<span class="warn">${state}</span>`,
      waiting,
      inFlight,
      moment(lastGoodAt),
      moment(nextAt),
      message,
    ]),
  );
}

function filters({ phases, outcomes }: StatusView, query: OverviewQuery): Html {
  const link = (name: string, count: number, href: string, isChosen: boolean): Html =>
    isChosen ? html`<strong>${name} ${count}</strong>` : html`<a href="${href}">${name} ${count}</a>`;
  const links = [
    ...PHASES.filter((phase) => phase !== 'ended').map((phase) =>
      link(phase, phases[phase], `/?phase=${phase}`, query.phase === phase),
    ),
    ...OUTCOMES.map((outcome) => link(outcome, outcomes[outcome], `/?outcome=${outcome}`, query.outcome === outcome)),
  ];
  return html`<nav>
    <a href="/">all</a>${links}
    <form action="/" method="get">
      <input type="search" name="search" value="${query.search ?? ''}" placeholder="part of a title or id" />
    </form>
  </nav>`;
}

function list(items: readonly RemediationView[]): Html {
  return table(
    ['Title', 'Phase', 'Why', 'Attempts', 'Next', 'CA', 'First seen'],
    items.map((item) => [
      html`<a href="/remediations/${item.rootInstanceId}">${item.title ?? item.rootInstanceId}</a>`,
      item.outcome ?? item.phase,
      item.reason,
      `${item.attemptsMade} of ${item.maxAttempts}`,
      moment(item.nextAt),
      item.ca,
      moment(item.firstSeenAt),
    ]),
  );
}
