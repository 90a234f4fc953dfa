import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly query?: Record<string, string>;
  readonly body?: unknown;
  readonly headers?: Record<string, string | null>;
  readonly signal?: AbortSignal;
}

export interface SimulatorClient {
  readonly simulator: Simulator;
  readonly ask: <T = Record<string, unknown>>(path: string, ask?: Ask) => Promise<Reply<T>>;
  /** Rows of the list; the query may be left out. */
  readonly list: (query?: string, more?: Record<string, string>) => Promise<Row[]>;
  /** Restarts and answers the id that the ground truth knows. */
  readonly restart: (id: string) => Promise<string>;
}

export interface Row {
  readonly Id: string;
  readonly Status: number;
  readonly Title: string;
  readonly StatusMessage: string | null;
  readonly StartDate: string;
  readonly LastModified: string;
  readonly ReferenceId: number;
  readonly CurrentStepUniqueName: string;
  readonly CurrentStepDisplayName: string;
  readonly Definition: { readonly Id: string; readonly DisplayName: string; readonly Version: number };
}

export interface FullRow extends Row {
  readonly Signals: readonly { SignalName: string; StepSignalId: string; SignalReceived: boolean }[];
  readonly InitialData: Record<string, unknown>;
  readonly CurrentStateData: Record<string, unknown>;
}

const running: Simulator[] = [];

/** Starts a simulator; `stopSimulators` after each test stops it. */
export async function startClient(options: SimulatorOptions = {}): Promise<SimulatorClient> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  const ask = <T>(path: string, asked: Ask = {}) => send<T>(simulator.url, path, asked);
  return {
    simulator,
    ask,
    async list(query, more = {}) {
      const filter = query === undefined ? {} : { QueryString: query };
      return (await ask<Row[]>('/Workflow/Instances', { query: { ...filter, ...more } })).body;
    },
    async restart(id) {
      await ask(`/Workflow/Instances/${id}/Restart`, { method: 'POST' });
      return simulator.control.truth().restarts.findLast(({ instanceId }) => instanceId === id)?.newId ?? '';
    },
  };
}

export async function stopSimulators(): Promise<void> {
  for (const simulator of running.splice(0)) await simulator.stop();
}

export function basic(user: string, password = 'simulated'): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function send<T>(url: string, path: string, asked: Ask): Promise<Reply<T>> {
  const search = asked.query ? `?${new URLSearchParams(asked.query).toString()}` : '';
  const usual = { authorization: basic('KEYEXAMPLE\\remediator'), 'x-keyfactor-requested-with': 'APIClient' };
  const headers = Object.entries({ ...usual, ...asked.headers }).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as [string, string]],
  );
  const response = await fetch(`${url}${path}${search}`, {
    method: asked.method ?? 'GET',
    headers,
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    ...(asked.signal ? { signal: asked.signal } : {}),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body = fromJson<T>(isJson && text !== '' ? text : 'null');
  return { status: response.status, headers: response.headers, body, text };
}

/** Reads JSON whose shape the test vouches for. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function fromJson<T>(text: string): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as T;
}

/** Waits for a condition; fails after the deadline. */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 3000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`condition not met within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
