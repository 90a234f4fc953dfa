import { parse } from 'yaml';
import { z } from 'zod';
import { scenarioSchema, type Scenario, type ScenarioInput } from './schema.ts';

/** A scenario, knob, fault or action that is not as it has to be; the message names key, value and what is allowed. */
export class ScenarioError extends Error {
  readonly code = 'bad-scenario';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

/**
 * Reads a scenario from YAML.
 * @throws ScenarioError naming each wrong key, its value and what is allowed
 */
export function parseScenario(yamlText: string): ScenarioInput {
  let raw: unknown;
  try {
    raw = parse(yamlText) ?? {};
  } catch (error) {
    throw new ScenarioError([`not YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
  assertScenario(raw);
  return raw;
}

function assertScenario(raw: unknown): asserts raw is ScenarioInput {
  checkScenario(raw);
}

/** @throws ScenarioError */
export function checkScenario(raw: unknown): Scenario {
  return checkInput(scenarioSchema, raw, 'scenario');
}

/**
 * Checks any input against its schema.
 * @throws ScenarioError
 */
export function checkInput<T extends z.ZodType>(schema: T, raw: unknown, root: string): z.output<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw new ScenarioError(result.error.issues.flatMap((issue) => toProblems(issue, { schema, raw, root })));
}

interface Checked {
  readonly schema: z.core.$ZodType;
  readonly raw: unknown;
  readonly root: string;
}

function toProblems(issue: z.core.$ZodIssue, { schema, raw, root }: Checked): string[] {
  const key = issue.path.length > 0 ? issue.path.map(String).join('.') : root;
  if (issue.code === 'unrecognized_keys') {
    const prefix = issue.path.length > 0 ? `${key}.` : '';
    const allowed = keysAt(schema, issue.path).join(', ');
    return issue.keys.map((name) => `${prefix}${name}: unknown key; allowed: ${allowed}`);
  }
  const value = JSON.stringify(valueAt(raw, issue.path)) ?? 'missing';
  return [`${key}: ${value.slice(0, 200)} is not allowed; ${allowedBy(issue)}`];
}

/** The keys that the object at that path may have. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema);
  const [first, ...rest] = path;
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return keysOf(inner.keyType);
  if (!(inner instanceof z.ZodObject)) return [];
  const shape: Record<string, z.core.$ZodType> = inner.shape;
  const next = first === undefined ? undefined : shape[String(first)];
  return next ? keysAt(next, rest) : Object.keys(shape);
}

function keysOf(names: z.core.$ZodType): string[] {
  return names instanceof z.ZodEnum ? names.options.map(String) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema;
}

function allowedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `allowed: ${issue.values.map(String).join(', ')}`;
  if (issue.message.startsWith('allowed:')) return issue.message;
  if (issue.code === 'invalid_type') return `allowed: ${issue.expected}`;
  if (issue.code === 'too_small') return `allowed: at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big') return `allowed: at most ${String(issue.maximum)}`;
  return issue.message;
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = raw;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
