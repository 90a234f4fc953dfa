import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ScenarioInput } from '../../simulator/simulator.ts';
import { parseScenario } from '../../simulator/simulator.ts';

/** What the demonstration shows (`config/demo.yaml`). */
export interface DemoPlan {
  readonly scenario: ScenarioInput;
  readonly outage: Outage;
  /** Texts of the scenario that must not leave Command. */
  readonly planted: readonly string[];
  readonly replicas: number;
  /** The daemon's settings by dotted key. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Outage {
  readonly ca: string;
  readonly seconds: number;
  /** A colleague who restarts one of those that wait for it by hand, and when, counted from its beginning. */
  readonly person: { readonly seconds: number; readonly who: string };
}

const FILE = new URL('../../../config/demo.yaml', import.meta.url);

/** Reads the plan that ships with the program. @throws where it does not fit together */
export function readDemoPlan(file: URL = FILE): DemoPlan {
  const plan: Record<string, unknown> = mapOf(parse(readFileSync(file, 'utf8')), 'demo.yaml');
  const planted = listOf(plan['planted'], 'planted').map(String);
  const scenario = parseScenario(stringify(plan['scenario']));
  return {
    scenario,
    planted,
    outage: readOutage(mapOf(plan['outage'], 'outage')),
    replicas: Number(plan['replicas']),
    settings: Object.fromEntries(flatten(mapOf(plan['settings'], 'settings'))),
  };
}

function readOutage(outage: Record<string, unknown>): Outage {
  const { seconds, who } = mapOf(outage['person'], 'outage.person');
  return {
    ca: String(outage['ca']),
    seconds: Number(outage['seconds']),
    person: { seconds: Number(seconds), who: String(who) },
  };
}

/** Sections become dotted keys; lists and all else are values. */
function flatten(section: Record<string, unknown>, prefix = ''): readonly (readonly [string, unknown])[] {
  return Object.entries(section).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flatten(mapOf(value, name), `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as const],
  );
}

function mapOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not a map`);
  return { ...value };
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`);
  return value;
}
