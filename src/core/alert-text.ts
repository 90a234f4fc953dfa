import { displayText } from './display-text.ts';
import type { Time } from './instance.ts';
import type { HoldCause, Remediation } from './remediation.ts';

/** The words of an alert. */
export interface AlertText {
  /** What is wrong, short; the resolve repeats it. */
  readonly title: string;
  /** One sentence that tells what is wrong, what to look at, and which command follows. */
  readonly summary: string;
}

/** What is known of a group of remediations that one person's decision is about. */
export interface GroupWords {
  readonly key: string;
  readonly count: number;
  readonly records: readonly Remediation[];
}

const BY_ID = "settle each by its id: 'remediator release <id> --successor <new id or none> --reason TEXT'";

/** What a person looks at and does, per reason to hold. */
const HOLD_ADVICE: Readonly<Record<HoldCause, string>> = {
  'already issued': 'look at the CA for the certificate: ignore those it issued, release the others',
  'maybe issued': 'look at the CA for the certificate: ignore those it issued, release the others',
  history: '',
  ambiguous: `look in Command which run is the new one, then ${BY_ID}`,
  'successor not found': `look in Command for the new run, then ${BY_ID}`,
  'restart may have happened': `look in Command for a new run, then ${BY_ID}`,
  'not recognised': `compare old and new run of the restarts without a new run ('remediator list --phase held') in Command, set resolve.ignoreKeys if keys differ, and ${BY_ID}: then these go on by themselves, or release them at once`,
  'server refuses': "read what Command says ('remediator explain <id>'), correct it there, then release",
  'not readable': 'give the account the right to read these instances, then release',
  approvals: 'ask the approvers: release makes them approve again, ignore leaves it',
  'definition changed': 'check the new version of the definition, then release or ignore',
  'last attempt kept back': 'check what the step depends on; release spends the last attempt',
  'by a person': 'release when it may go on',
  'by a rule': 'release or ignore',
  outgrown: 'too old to be listed by poll.lookback: look at it in Command, then release or ignore',
  deadline: 'look at the new run in Command, then release or ignore',
  'sibling unresolved': 'settle the restart it may come from first, then release or ignore',
};

/** The words for the held, exhausted or refused ones of one definition, step and reason. */
export function groupText({ key, count, records }: GroupWords): AlertText {
  const [first] = records;
  if (first === undefined) return { title: `${counted(count)}: ${key}`, summary: `${counted(count)}: ${look(key)}` };
  const where = `${counted(count)} of "${displayText(first.definitionName ?? first.definitionId)}"`;
  const step = `step "${displayText(first.failure?.step ?? 'unknown step')}"`;
  const said = first.failure?.message
    ? `; Command said: "${displayText(first.failure.message).slice(0, SAID_LIMIT)}"`
    : '';
  if (first.phase === 'held') {
    const cause = first.holdCause ?? 'by a person';
    const title = `${where} held in ${step}: ${cause}`;
    const advice = HOLD_ADVICE[cause];
    const next = advice.endsWith(BY_ID) ? `See 'remediator explain <id>'` : look(key); // in bulk such rows are left out
    return { title, summary: `${title} (${displayText(first.reason)}); ${advice}. ${next}` };
  }
  const title = `${where} ${first.outcome ?? 'ended'} in ${step}`;
  const summary = `${title}: ${displayText(first.reason)}${said}. Correct the cause, then release them to one more attempt. ${look(key, 'retry')}`;
  return { title, summary };
}

/** The words for what failed before this store began. */
export function historyText({ key, count, records }: GroupWords, now: Time): AlertText {
  const ages = records.map(({ failure, firstSeenAt }) => now - (failure?.lastModified ?? firstSeenAt));
  const oldestMs = Math.max(0, ...ages);
  const span = records.length === 0 ? '' : `, ${ageText(Math.min(...ages))} to ${ageText(oldestMs)} old`;
  const sample = records.length > 0 && records.length < count ? ` (ages of ${records.length})` : '';
  const title = `${count === 1 ? '1 failure' : `${count} failures`} from before this store began parked as history`;
  const summary = `${title}${span}${sample}; look at 'remediator list --phase held', then take them into work: remediator adopt --since ${sinceArgument(oldestMs)} --limit ${ADOPT_FIRST} (or ignore them: remediator ignore --cause ${quoted(key)} --reason TEXT)`;
  return { title, summary };
}

/** The most of Command's message that an alert repeats. */
const SAID_LIMIT = 200;

/** What the adopt line of the history alert takes first. */
const ADOPT_FIRST = 50;

function counted(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}

function look(key: string, verb = 'release'): string {
  return `See 'remediator explain <id>'; then: remediator ${verb} --cause ${quoted(key)} --reason TEXT`;
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w:.*-]+$/.test(text) && !text.includes('*') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For people: the age in its largest whole unit. */
export function ageText(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${Math.floor(ms / DAY_MS)} d`;
  if (ms >= 2 * HOUR_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  if (ms >= MINUTE_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  return `${Math.max(0, Math.floor(ms / 1000))} s`;
}

/** A duration option that reaches back at least this far. */
function sinceArgument(ms: number): string {
  return ms > 2 * DAY_MS ? `${Math.ceil(ms / DAY_MS)}d` : `${Math.max(1, Math.ceil(ms / HOUR_MS))}h`;
}
