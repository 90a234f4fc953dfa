import type { DialectState } from './dialect-state.ts';
import type { NamedStatus } from './options.ts';
import type { Probe, ProbeAnswer } from './probe.ts';
import { NAMED_STATUSES } from './wire-status.ts';

/** Rows that must agree before an integer gets a name, where there are as many. */
const SAMPLE = 20;
/** Rows in which the integer must not show up under `-ne`. */
const COUNTER_SAMPLE = 100;
/** Names and numbers that no server gives to a status. */
const MADE_UP_NAME = 'NoSuchStatusExists';
const MADE_UP_INTEGER = 987_654;
/** Statuses of the schema: 0 to 6 (API reference 4.2). */
const SCHEMA_INTEGERS = 7;
/** Failed first: it is what everything waits for; then what lists are full of. */
const BY_NEED: readonly NamedStatus[] = [
  'Failed',
  ...NAMED_STATUSES.filter((name) => name !== 'Failed').toSorted((one) => (one === 'Complete' ? -1 : 0)),
];

/**
 * Finds out how conditions on a status are written, and which integer stands for which name. A name counts as
 * understood only if a made-up one selects nothing or is refused: a server that ignores the condition lists everything.
 */
export async function learnStatus(state: DialectState, probe: Probe): Promise<void> {
  const noteAsked = state.askAboutFailed();
  let isAnswered = false;
  try {
    await learnByForm(state, probe);
    isAnswered = true;
  } finally {
    noteAsked?.(isAnswered);
  }
}

async function learnByForm(state: DialectState, probe: Probe): Promise<void> {
  if (state.facts.statusForm === 'name') return await learnQueryForm(state, probe);
  if (!(await isConditionHeeded(MADE_UP_NAME, probe))) return undefined;
  const areNamesTaken = await nameIntegers(state, probe);
  if (!areNamesTaken) await learnIntegerForm(state, probe);
}

async function isConditionHeeded(value: string, probe: Probe): Promise<boolean> {
  const answer = await probe(`Status -eq "${value}"`, 1);
  return answer.isRefused || answer.statuses.length === 0;
}

/** Asks for each open name until every integer that rows show has one. True: the server understands names. */
async function nameIntegers(state: DialectState, probe: Probe): Promise<boolean> {
  const found: Finding[] = [];
  for (const name of BY_NEED) {
    if (isSettled(name, state, found)) continue;
    const answer = await probe(`Status -eq "${name}"`, SAMPLE);
    if (answer.isRefused) break; // a name that exists, refused: none is taken
    const integer = commonInteger(answer);
    if (integer !== null && isFree(integer, name, state)) found.push({ name, integer, rows: answer.statuses.length });
    // Failed is proved by itself and first: its rows show other integers too, which say what else to ask for
    if (name === 'Failed') await prove(found.splice(0), state, probe);
  }
  await prove(found, state, probe);
  return state.facts.statusQuery === 'name';
}

interface Finding {
  readonly name: NamedStatus;
  readonly integer: number;
  readonly rows: number;
}

function isSettled(name: NamedStatus, state: DialectState, found: readonly Finding[]): boolean {
  const areNamesTaken = state.facts.statusQuery === 'name' || found.length > 0;
  if (!areNamesTaken) return false;
  const isNamed = state.statusMap[name] !== undefined;
  const isNeeded = state.unnamed.some((integer) => !found.some((finding) => finding.integer === integer));
  return isNamed || (name !== 'Failed' && !isNeeded);
}

/**
 * What the config says of Failed is put to the proof, by that name and by the others: a wrong integer there would restart
 * the wrong rows.
 */
function isFree(integer: number, name: NamedStatus, state: DialectState): boolean {
  if (name === 'Failed')
    return NAMED_STATUSES.every((other) => other === name || state.facts.statusMap[other] !== integer);
  const map = state.statusMap;
  const isOthers = NAMED_STATUSES.some((other) => other !== name && map[other] === integer);
  return !isOthers && (integer === state.failedInQuestion || (map[name] ?? integer) === integer);
}

/** The counter-proof: without those names none of their integers may be listed. */
async function prove(found: readonly Finding[], state: DialectState, probe: Probe): Promise<void> {
  const distinct = new Set(found.map(({ integer }) => integer));
  if (found.length === 0 || distinct.size < found.length) return;
  const condition = found.map(({ name }) => `Status -ne "${name}"`).join(' AND ');
  const others = await probe(condition, COUNTER_SAMPLE);
  if (others.isRefused || others.statuses.some(({ integer }) => integer !== null && distinct.has(integer))) return;
  for (const { name, integer, rows } of found) {
    const evidence =
      `Status -eq "${name}" listed ${rows} row(s), all with ${integer}; ` +
      `under -ne ${others.statuses.length} row(s) without it; a made-up name lists none`;
    const statusMap = { ...state.facts.statusMap, [name]: integer };
    state.learn(`status ${name}`, evidence, { statusMap, statusQuery: 'name' });
  }
}

function commonInteger(answer: ProbeAnswer): number | null {
  const integer = answer.statuses[0]?.integer ?? null;
  return answer.statuses.every((status) => status.integer === integer) ? integer : null;
}

/** Names are not understood: is a quoted integer? It is of use where `command.statusMap` names the integers. */
async function learnIntegerForm(state: DialectState, probe: Probe): Promise<void> {
  const [sample] = state.unnamed.length > 0 ? state.unnamed : Object.values(state.statusMap);
  if (sample === undefined || !(await isConditionHeeded(String(MADE_UP_INTEGER), probe))) return;
  const answer = await probe(`Status -eq "${sample}"`, SAMPLE);
  if (answer.isRefused || commonInteger(answer) !== sample) return;
  const evidence = `Status -eq "${sample}" listed rows with ${sample} only; names list nothing or are refused`;
  state.learn('status conditions', evidence, { statusQuery: 'int' });
}

/** Names on the wire: are they taken in conditions too? Otherwise the integers are asked for, one by one. */
async function learnQueryForm(state: DialectState, probe: Probe): Promise<void> {
  const shown = (await probe(null, 1)).statuses[0]?.status;
  if (shown === undefined || shown === 'Unknown') return;
  if (await isConditionHeeded(MADE_UP_NAME, probe)) {
    const answer = await probe(`Status -eq "${shown}"`, SAMPLE);
    if (answer.statuses.length > 0 && answer.statuses.every(({ status }) => status === shown)) {
      const evidence = `Status -eq "${shown}" listed such rows only, a made-up name none`;
      return state.learn('status conditions', evidence, { statusQuery: 'name' });
    }
  }
  if (await isConditionHeeded(String(MADE_UP_INTEGER), probe)) await learnIntegersBehindNames(state, probe);
}

async function learnIntegersBehindNames(state: DialectState, probe: Probe): Promise<void> {
  const found: Partial<Record<NamedStatus, number>> = {};
  for (let integer = 0; integer < SCHEMA_INTEGERS; integer += 1) {
    const { statuses } = await probe(`Status -eq "${integer}"`, SAMPLE);
    const shown = statuses[0]?.status;
    if (shown === undefined || shown === 'Unknown' || statuses.some(({ status }) => status !== shown)) continue;
    found[shown] = integer;
  }
  if (Object.keys(found).length === 0) return;
  const evidence = `conditions take integers: ${JSON.stringify(found)}, by the names on the rows they list`;
  state.learn('status conditions', evidence, { statusMap: found, statusQuery: 'int' });
}
