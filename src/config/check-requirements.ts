import type { ConfigFault } from './config-error.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { optionOf } from './options.ts';
import { describeSource, type Setting } from './source.ts';
import { USUAL_NAMES } from './usual-names.ts';

/** What a command needs beyond a valid configuration; `command`: an address of Command and credentials for it. */
export type Requirement = 'command';

type Settings = ReadonlyMap<string, Setting>;

const CREDENTIALS: readonly (readonly string[])[] = [
  ['command.auth.username', 'command.auth.password'],
  ['command.auth.clientId', 'command.auth.clientSecret', 'command.auth.tokenUrl'],
  ['command.auth.accessToken'],
];

const CREDENTIALS_ALLOWED =
  'one of: username and password; clientId, clientSecret and tokenUrl; accessToken (all under command.auth)';

const RETENTION_MARGIN_MS = 7 * 86_400_000;

/** What is missing for the given purpose. */
export function checkRequirements(settings: Settings, requirements: readonly Requirement[]): ConfigFault[] {
  if (!requirements.includes('command')) return [];
  const missing = settings.has('command.url') ? [] : [missingOption('command.url')];
  return [...missing, ...checkCredentials(settings)];
}

/** The one combination of values that is an error: rows may not be forgotten while a scan can still list them. */
export function checkRetention(settings: Settings): ConfigFault[] {
  const lookbackMs = durationOf(settings, 'poll.lookback');
  const leastMs = lookbackMs === undefined ? undefined : lookbackMs + RETENTION_MARGIN_MS;
  if (leastMs === undefined) return [];
  return ['retention.ended', 'retention.audit'].flatMap((key): ConfigFault[] => {
    const keptMs = durationOf(settings, key);
    if (keptMs === undefined || keptMs >= leastMs) return [];
    const source = settings.get(key)?.source ?? settings.get('poll.lookback')?.source ?? { type: 'default' };
    const allowed = `at least poll.lookback + 7d, here ${formatDuration(leastMs)}`;
    const value = JSON.stringify(formatDuration(keptMs));
    return [{ key, problem: 'is too short', value, allowed, source: describeSource(source) }];
  });
}

function checkCredentials(settings: Settings): ConfigFault[] {
  const begun = CREDENTIALS.filter((keys) => keys.some((key) => settings.has(key)));
  const [chosen] = begun;
  if (!chosen) return [{ ...missingOption('command.auth'), allowed: CREDENTIALS_ALLOWED }];
  if (begun.length === 1) return chosen.filter((key) => !settings.has(key)).map(missingOption);

  const set = begun.flat().filter((key) => settings.has(key));
  const source = set.map((key) => `${key} from ${describeSource(settings.get(key)?.source ?? { type: 'default' })}`);
  const problem = 'has more than one kind of credentials';
  return [{ key: 'command.auth', problem, allowed: CREDENTIALS_ALLOWED, source: source.join(', ') }];
}

function missingOption(key: string): ConfigFault {
  const option = optionOf(key);
  const wanted = [key, ...CREDENTIALS.flat().filter((credential) => credential.startsWith(`${key}.`))];
  const usual = USUAL_NAMES.filter((name) => wanted.includes(name.key));
  const names = [...usual.map(({ variable }) => variable), option?.variable ?? []].flat();
  return {
    key,
    problem: 'is missing',
    ...(option && { allowed: option.allowed }),
    source: `not set in a configuration file, nor as ${names.join(', ')}`,
  };
}

function durationOf(settings: Settings, key: string): number | undefined {
  return parseDuration(settings.get(key)?.value ?? optionOf(key)?.defaultValue);
}
