import type { Feed } from '../core/feed.ts';
import type { Time } from '../core/instance.ts';
import type { InstancePage } from '../ports/command.ts';

/** True where the page reached rows that changed before that (server time). An order that the server ignored passes nothing. */
export function hasPassed(
  { rows, isOrdered }: Pick<InstancePage, 'rows' | 'isOrdered'>,
  { isOrderIgnored = false }: Pick<Feed, 'isOrderIgnored'>,
  ground: Time,
): boolean {
  return (
    isOrdered && !isOrderIgnored && rows.some(({ lastModified }) => lastModified !== null && lastModified < ground)
  );
}
