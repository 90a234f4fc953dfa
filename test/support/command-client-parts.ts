import { createCommandClient } from '../../src/adapters/command/command-client.ts';
import type { CommandOptions, RequestEvent } from '../../src/adapters/command/options.ts';
import type { Command, RequestPriority } from '../../src/ports/command.ts';

export interface TestClient {
  readonly command: Command;
  readonly events: readonly RequestEvent[];
  readonly turns: readonly RequestPriority[];
  readonly holdOffs: readonly number[];
  readonly saved: Map<string, string>;
}

/** A client with a budget that never waits and a memory of its own. */
export function aCommandClient(baseUrl: string, options: Partial<CommandOptions> = {}): TestClient {
  const events: RequestEvent[] = [];
  const turns: RequestPriority[] = [];
  const holdOffs: number[] = [];
  const saved = new Map<string, string>();
  const command = createCommandClient({
    baseUrl,
    apiPath: 'KeyfactorAPI',
    timeoutMs: 2_000,
    restartTimeoutMs: 1_000,
    pageSize: 50,
    dialect: 'auto',
    statusMap: 'auto',
    auth: { username: 'remediator', password: 'simulated', domain: 'KEYEXAMPLE' },
    now: () => Date.now(),
    emit: (event) => events.push(event),
    budget: {
      take: async (priority) => {
        turns.push(priority);
        return Date.now();
      },
      holdOff: async (ms) => void holdOffs.push(ms),
    },
    memory: {
      load: async (version) => saved.get(version) ?? null,
      save: async (version, facts) => void saved.set(version, facts),
    },
    ...options,
  });
  return { command, events, turns, holdOffs, saved };
}
