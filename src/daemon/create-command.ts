import { createCommandClient } from '../adapters/command/command-client.ts';
import type { Config } from '../config/schema.ts';
import type { Command, DialectMemory, RequestBudget } from '../ports/command.ts';
import type { Emit, EventMap } from '../telemetry/events.ts';

const DIALECTS = { auto: 'auto', 10: '10', 11: '11', 25: '25' } as const;

/** The client of the configured Command. */
export function createCommand(
  config: Config,
  parts: {
    readonly budget: RequestBudget;
    readonly memory: DialectMemory;
    readonly emit: Emit;
    readonly now: () => number;
    /** Told after each request. */
    readonly onAnswer?: (event: EventMap['command.requested']) => void;
  },
): Command {
  const { command, restart, poll } = config;
  return createCommandClient({
    baseUrl: command.url ?? '',
    apiPath: command.apiPath,
    timeoutMs: command.timeout,
    restartTimeoutMs: restart.timeout,
    pageSize: command.pageSize,
    dialect: DIALECTS[command.dialect],
    statusMap: command.statusMap,
    auth: command.auth,
    tls: command.tls,
    proxy: command.proxy,
    budget: parts.budget,
    memory: parts.memory,
    undatedEveryMs: poll.fullScan,
    emit: (event) => {
      parts.emit('command.requested', event);
      parts.onAnswer?.(event);
    },
    now: parts.now,
  });
}

/** Command's address as the store records it: another one sends nothing until a person says so. */
export function serverName({ command }: Config): string {
  return `${command.url ?? ''}/${command.apiPath}`.toLowerCase();
}
