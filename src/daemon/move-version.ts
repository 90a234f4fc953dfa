import type { Config } from '../config/schema.ts';
import { AccessError } from '../core/errors.ts';
import type { MoveWish } from '../core/move.ts';
import type { Observation } from '../core/sighting.ts';
import type { Command, InstanceQuery } from '../ports/command.ts';
import { walkPages } from '../poller/walk-pages.ts';
import type { ReadPage } from '../poller/walk-pages.ts';
import { requestMove } from '../remediation/request-move.ts';
import type { Requested } from '../remediation/request-move.ts';
import { createCommand } from './create-command.ts';
import type { OpenStore } from './open-store.ts';
import { toPolicy } from './to-policy.ts';

/** One instance that would be moved. */
export interface MoveCandidate {
  readonly instanceId: string;
  readonly title: string | null;
  readonly version: number | null;
  /** A restart asks for an approval again that was given. */
  readonly losesApproval: boolean;
  /** As it was read. */
  readonly observation: Observation;
}

export interface MoveQuestion {
  readonly definitionId: string;
  readonly version: number;
  readonly from: 'Suspended' | 'Failed';
  readonly limit: number;
}

export interface MovePlan {
  readonly definitionName: string | null;
  readonly candidates: readonly MoveCandidate[];
  /** Instances that run on that version already. */
  readonly alreadyThere: number;
  /** Said before the question; null: nothing to say. */
  readonly warning: string | null;
}

export interface Mover {
  /** Lists and reads what would be moved; a text: why nothing can be. */
  plan(question: MoveQuestion): Promise<MovePlan | string>;
  /** Records the wish for one instance. */
  request(candidate: MoveCandidate, wish: MoveWish): Promise<Requested>;
  close(): Promise<void>;
}

/** The most pages that are listed, and how many instances are read at a time. */
const PAGES = 600;
const LOT = 10;

/** Finds what to move and records it. The restarts are made by the daemons, through the same door as every other. */
export function openMover(config: Config, opened: OpenStore): Mover {
  const { kv, budget, memory } = opened;
  const command = createCommand(config, { budget, memory, emit: () => undefined, now: () => kv.now() });
  const parts = { ...opened, policy: toPolicy(config) };
  return {
    plan: async (question) => plan(question, command),
    request: async ({ observation }, wish) => requestMove(observation, wish, parts),
    close: async () => command.close(),
  };
}

async function plan(question: MoveQuestion, command: Command): Promise<MovePlan | string> {
  const { from } = question;
  const dialect = await command.learnDialect();
  if (dialect.statusForm !== 'name' && dialect.statusMap[from] === undefined)
    return `nobody knows which integer means ${from} on this server: set command.statusMap ("remediator doctor" shows rows)`;
  const version = await checkVersion(question, command);
  if (typeof version === 'string') return version;
  const rows = await listAll(question, command);
  const others = rows.filter(({ version: present }) => present !== question.version);
  const candidates: MoveCandidate[] = [];
  const chosen = others.slice(0, question.limit);
  for (let first = 0; first < chosen.length; first += LOT) {
    const lot = chosen.slice(first, first + LOT);
    const read = await Promise.all(lot.map(async ({ id }) => readOne(id, from, command)));
    candidates.push(...read.filter((candidate) => candidate !== null));
  }
  return { ...version, candidates, alreadyThere: rows.length - others.length };
}

/** A version that is not published would be refused for each instance in turn. */
async function checkVersion(
  { definitionId, version }: MoveQuestion,
  command: Command,
): Promise<Pick<MovePlan, 'definitionName' | 'warning'> | string> {
  try {
    const definition = await command.readDefinition(definitionId, version);
    if (definition === null) return `definition ${definitionId} has no version ${version}, or is not there`;
    const { displayName, publishedVersion } = definition;
    if (publishedVersion !== null && version > publishedVersion)
      return `version ${version} is not published: the published one is ${publishedVersion}`;
    return { definitionName: displayName, warning: null };
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    const warning = `whether version ${version} is published cannot be read (${error.message})`;
    return { definitionName: null, warning };
  }
}

/** Each once, newest pages first. */
async function listAll(
  { definitionId, from }: MoveQuestion,
  command: Command,
): Promise<readonly { readonly id: string; readonly version: number | null }[]> {
  const found = new Map<string, number | null>();
  const query: Omit<InstanceQuery, 'page'> = { statuses: [from], definitionId, order: 'lastModified' };
  const readPage: ReadPage = async (page, isOldestFirst) =>
    command.listInstances({ ...query, page, isOldestFirst }, undefined, 'classification');
  for await (const { rows } of walkPages(readPage, PAGES))
    for (const { id, definitionVersion } of rows) found.set(id, definitionVersion);
  return [...found].map(([id, version]) => ({ id, version }));
}

/** Null: it is not in that status any more. */
async function readOne(id: string, from: MoveQuestion['from'], command: Command): Promise<MoveCandidate | null> {
  const { detail, requestedAt } = await command.readInstance(id, undefined, 'classification');
  if (detail?.status !== from) return null;
  const { signals, initialData: _secret, currentStateData: _state, ...row } = detail;
  return {
    instanceId: id,
    title: row.title,
    version: row.definitionVersion,
    losesApproval: signals.some(({ received }) => received),
    observation: { row, requestedAt },
  };
}
