import { createEvents } from '../../../src/telemetry/events.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { MetricsState } from '../../../src/telemetry/metrics.ts';
import { NOON, guid } from '../../support/builders.ts';

const STATE: MetricsState = {
  phases: { waiting: 3, held: 1 },
  waiting: { dependency: 2, 'back-off': 1 },
  dependencies: [{ name: 'CA 1', kind: 'ca', state: 'down' }],
  isPaused: true,
  lastSweepAt: NOON,
  alertsPending: 4,
};

function someMetrics(readState: () => Promise<MetricsState> = async () => STATE) {
  const metrics = createMetrics({ version: '1.2.3', mode: 'observe', readState, withProcess: false });
  const { emit, subscribe } = createEvents();
  subscribe(metrics.listener);
  return { metrics, emit };
}

test('shows what the store says', async () => {
  const text = await someMetrics().metrics.text();

  for (const line of [
    'remediator_remediations{phase="waiting"} 3',
    'remediator_waiting{reason="dependency"} 2',
    'remediator_dependency_state{dependency="CA 1",kind="ca",state="down"} 1',
    'remediator_dependency_state{dependency="CA 1",kind="ca",state="up"} 0',
    'remediator_paused 1',
    'remediator_alerts_pending 4',
    `remediator_last_sweep_timestamp_seconds ${NOON / 1000}`,
    'remediator_mode{mode="observe"} 1',
    'remediator_mode{mode="active"} 0',
    'remediator_build_info{version="1.2.3"} 1',
    'remediator_remediations_ended_total{outcome="recovered"} 0',
  ])
    expect(text.split('\n')).toContain(line);
});

test('counts what happens', async () => {
  const { metrics, emit } = someMetrics();
  const root = guid(1);

  emit('restart.answered', { root, instanceId: root, result: 'accepted', why: '204', ms: 1500 });
  emit('successor.linked', { root, oldInstanceId: root, newInstanceId: guid(2), confidence: 'exact', evidence: [] });
  emit('remediation.ended', {
    root,
    title: null,
    outcome: 'recovered',
    reason: '',
    newInstanceId: guid(2),
    ms: 20_000,
  });
  emit('command.requested', { route: 'GET /Workflow/Instances', result: '200', ms: 30, manner: 'well' });
  emit('sweep.failed', { error: new Error('x') });
  emit('alert.delivered', { channel: 'webhook', key: 'k', result: 'ok' });
  const lines = (await metrics.text()).split('\n');

  for (const line of [
    'remediator_restarts_total{result="accepted"} 1',
    'remediator_restart_duration_seconds_bucket{le="2.5"} 1',
    'remediator_successors_total{confidence="exact"} 1',
    'remediator_remediations_ended_total{outcome="recovered"} 1',
    'remediator_recovery_duration_seconds_sum 20',
    'remediator_command_requests_total{route="GET /Workflow/Instances",result="200"} 1',
    'remediator_command_request_duration_seconds_count 1',
    'remediator_sweeps_total{result="failed"} 1',
    'remediator_alerts_total{channel="webhook",result="ok"} 1',
  ])
    expect(lines).toContain(line);
});

test('has no id in any label', async () => {
  const { metrics, emit } = someMetrics();
  emit('remediation.ended', {
    root: guid(1),
    title: 'Enroll',
    outcome: 'ignored',
    reason: '',
    newInstanceId: null,
    ms: 1,
  });

  expect(await metrics.text()).not.toContain(guid(1));
});

test('tells no old numbers of the store while it is away', async () => {
  let isAway = false;
  const { metrics } = someMetrics(async () => (isAway ? Promise.reject(new Error('away')) : STATE));
  await metrics.text();
  isAway = true;

  const text = await metrics.text();

  expect(text).not.toMatch(/^remediator_(remediations|waiting|paused|dependency_state|last_sweep\w*)[ {]/m);
  expect(text).toContain('remediator_build_info{version="1.2.3"} 1');
});
