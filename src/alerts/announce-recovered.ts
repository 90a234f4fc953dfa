import type { Remediation } from '../core/remediation.ts';
import type { Deliveries } from '../ports/alerts.ts';
import type { Channel } from './parts.ts';

/** Tells those who subscribed to it which new run an old one became. Safe to call again: once per root and new run. */
export async function announceRecovered(
  remediation: Remediation,
  { channels, deliveries }: { readonly channels: readonly Channel[]; readonly deliveries: Deliveries },
): Promise<void> {
  const { rootInstanceId, currentInstanceId, instanceIds, title, outcome, endedAt } = remediation;
  if (outcome !== 'recovered' || endedAt === null) return;
  for (const { name, events } of channels) {
    if (!events.includes('recovered')) continue;
    await deliveries.add(name, `recovered#${rootInstanceId}:${currentInstanceId}`, {
      version: 1,
      event: 'remediation.recovered',
      rootInstanceId,
      oldInstanceIds: instanceIds.filter((id) => id !== currentInstanceId),
      newInstanceId: currentInstanceId,
      title,
      recoveredAt: new Date(endedAt).toISOString(),
    });
  }
}
