import type { ExplainView } from '../../core/explain-view.ts';
import type { LineageView } from '../../core/views.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { fields, layout, moment, table } from './layout.ts';

/** Everything about one remediation: where it stands, the line of descent, what a person can do, what happened. */
export function remediationPage(view: ExplainView): string {
  const { facts, gate } = view;
  const content = html`
    <h2>${view.title ?? view.rootInstanceId}</h2>
    ${fields([
      ['Phase', view.outcome ?? view.phase],
      ['Why', view.reason],
      ['Rule', view.rule],
      ['Attempts', `${view.attemptsMade} of ${view.maxAttempts}`],
      ['Next', moment(view.nextAt)],
      ['Definition', view.definitionName],
      ['CA', view.ca],
      ['Failed step', facts.failedStep],
      ['Message', facts.failureMessage],
      ['Root instance', html`<code>${view.rootInstanceId}</code>`],
      ['Newest instance', html`<code>${view.currentInstanceId}</code>`],
      ['ReferenceId', view.referenceId],
      ['First seen', moment(view.firstSeenAt)],
      ['Ended', moment(view.endedAt)],
      ['Waits at', gate && `${gate.dependency} (${gate.state}, ${gate.waiting} waiting)`],
    ])}
    <h2>Lineage</h2>
    ${lineageOf(view.lineage)}
    <h2>What a person can do</h2>
    ${table(
      ['Command', 'Effect'],
      view.whatPeopleCanDo.map(({ command, does }) => [html`<code>${command}</code>`, does]),
    )}
    <h2>What happened</h2>
    ${view.isArchived ? 'It has left the list, and what happened is not kept any more (retention.ended).' : ''}
    ${table(
      ['When', 'By', 'What'],
      view.timeline.map(({ at, by, text }) => [moment(at), by, text]),
    )}
  `;
  return layout(view.title ?? view.rootInstanceId, content);
}

function lineageOf(lineage: readonly LineageView[]): Html {
  return table(
    ['Attempt', 'Old instance', 'New instance', 'Became', 'Confidence', 'Evidence', 'By', 'Restarted'],
    lineage.map((record) => [
      record.attempt,
      html`<code>${record.oldInstanceId}</code>`,
      html`<code>${record.newInstanceId ?? (record.candidates.join(', ') || '—')}</code>`,
      record.newStatus,
      record.confidence,
      record.evidence.join(', '),
      record.origin,
      moment(record.restartedAt),
    ]),
  );
}
