import type { Config } from '../../config/schema.ts';
import { accessFindings, readFinding, restartPermission } from '../../core/doctor-command.ts';
import { dialectFindings } from '../../core/doctor-dialect.ts';
import type { ListFacts } from '../../core/doctor-dialect.ts';
import { findingsOf } from '../../core/doctor-finding.ts';
import type { Finding } from '../../core/doctor-finding.ts';
import { clockFinding } from '../../core/doctor-gates.ts';
import type { InstanceRow } from '../../core/instance.ts';
import type { Command, InstancePage, RequestBudget } from '../../ports/command.ts';
import { createCommand, serverName } from '../create-command.ts';
import { call } from './call-result.ts';
import { lookAtAuthorities } from './look-at-authorities.ts';
import type { Learned } from './look-at-redis.ts';

export interface CommandQuestion {
  readonly config: Config;
  readonly learned: Learned;
  readonly say: (progress: string) => void;
  /** Fires when time is up. */
  readonly signal: AbortSignal;
}

/** Calls that one examination makes at most: all reads, and a Test for up to ten CAs. */
const CALLS = 80;

/** Pages that are read to show rows of every status integer while Failed is not known. */
const SAMPLE_PAGES = 5;

const command = findingsOf('Command');

/** Looks at Command as our identity sees it: reads and CA tests only. */
export async function lookAtCommand(question: CommandQuestion): Promise<readonly Finding[]> {
  const { config, learned, say, signal } = question;
  let client: Command | null = null;
  try {
    client = createCommand(config, {
      budget: createBudget(config.command.requestsPerSecond),
      memory: { load: learned.loadDialect, save: async () => Promise.resolve() },
      emit: () => undefined,
      now: () => Date.now(),
    });
    say(`asking ${serverName(config)} who we are`);
    const first = client;
    const access = await call(async () => {
      await first.learnDialect(signal);
      return first.listInstances({ order: 'lastModified', page: 1 }, signal);
    });
    const found = accessFindings(serverName(config), access.result);
    if (access.value === null) return found;
    return [...found, ...(await lookInside(client, access.value, question))];
  } catch (error) {
    if (error instanceof TypeError) throw error; // a bug of ours, not a finding
    const text = error instanceof Error ? error.message : String(error);
    return [
      command.fail(`the client of Command cannot be made: ${text}`, { fix: 'check command.tls and command.proxy' }),
    ];
  } finally {
    await client?.close();
  }
}

async function lookInside(client: Command, page: InstancePage, question: CommandQuestion): Promise<readonly Finding[]> {
  const { say, signal } = question;
  say('learning its dialect');
  const rows = await sampleRows(client, page, signal);
  return [
    readFinding('list of instances', { type: 'ok' }, `${page.received} rows on the first page`),
    ...(await lookAtReads(client, rows, signal)),
    restartPermission({
      endpoints: (await call(async () => client.listEndpoints(signal))).value,
      longestRestartMs: question.learned.longestRestartMs,
    }),
    ...dialectFindings(client.dialect(), toListFacts(page, rows, question.config)),
    clockFinding('the clock of Command', page.serverTime === null ? null : page.serverTime - page.requestedAt),
    ...(await lookAtAuthorities(client, question)),
  ];
}

/** The rows of the first page; of more pages and asked again for names where integers are open. */
async function sampleRows(client: Command, first: InstancePage, signal: AbortSignal): Promise<readonly InstanceRow[]> {
  if (client.dialect().statusForm !== 'int') return first.rows;
  const rows = new Map(first.rows.map((row) => [row.id, row]));
  let isLast = first.isLast;
  for (let page = 2; page <= SAMPLE_PAGES && !isLast && !client.dialect().isFailedKnown; page += 1) {
    const more = await call(async () => client.listInstances({ order: 'lastModified', page }, signal));
    if (more.value === null) break;
    for (const row of more.value.rows) rows.set(row.id, row);
    isLast = more.value.isLast;
  }
  await call(async () => client.learnDialect(signal)); // rows showed integers that were not asked for before
  return [...rows.values()];
}

async function lookAtReads(
  client: Command,
  rows: readonly InstanceRow[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const row = rows.find(({ status }) => status === 'Failed') ?? rows[0];
  if (row === undefined) return [];
  const [single, definition] = await Promise.all([
    call(async () => client.readInstance(row.id, signal)),
    call(async () => client.readDefinition(row.definitionId, undefined, signal)),
  ]);
  const name = definition.value?.displayName ?? row.definitionId;
  return [readFinding('single read', single.result, row.id), readFinding('definitions', definition.result, name)];
}

function toListFacts(page: InstancePage, rows: readonly InstanceRow[], { command: { pageSize } }: Config): ListFacts {
  const { isOrdered, total, received, isLast } = page;
  return { rows, isOrdered, total, received, isLast, pageSize };
}

/** Turns of our own, evenly spaced: the shared ones of the daemon are not touched. */
function createBudget(requestsPerSecond: number): RequestBudget {
  let next = 0;
  let taken = 0;
  return {
    take: async (_priority, signal) => {
      taken += 1;
      if (taken > CALLS) throw new Error(`doctor makes at most ${CALLS} calls`);
      const now = Date.now();
      next = Math.max(now, next) + 1000 / requestsPerSecond;
      await new Promise((resolve) => setTimeout(resolve, next - 1000 / requestsPerSecond - now));
      signal?.throwIfAborted();
      return Date.now();
    },
    holdOff: async (ms) => void (next = Date.now() + ms),
  };
}
