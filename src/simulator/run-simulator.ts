import { startSimulator, type SimulatorOptions } from './simulator.ts';

export interface RunOptions extends SimulatorOptions {
  /** Takes the one line that tells where the simulator listens. Default: standard output. */
  readonly write?: (line: string) => void;
  /** Ends the run, beside SIGTERM and SIGINT. */
  readonly signal?: AbortSignal;
}

export type RunEnd = 'SIGTERM' | 'SIGINT' | 'aborted';

/**
 * Runs a simulator until a signal ends it, and tells which.
 * @throws ScenarioError
 */
export async function runSimulator(options: RunOptions = {}): Promise<RunEnd> {
  const { write = (line) => void process.stdout.write(line) } = options;
  const simulator = await startSimulator(options);
  const ended = untilEnd(options.signal);
  const { url, port, tokenUrl, controlUrl } = simulator;
  write(`${JSON.stringify({ event: 'listening', url, port, tokenUrl, controlUrl, ...simulator.about })}\n`);
  const end = await ended;
  await simulator.stop();
  return end;
}

function untilEnd(signal: AbortSignal | undefined): Promise<RunEnd> {
  return new Promise((resolve) => {
    const listeners = new Map<'SIGTERM' | 'SIGINT', () => void>();
    const end = (how: RunEnd) => {
      for (const [name, listener] of listeners) process.off(name, listener);
      resolve(how);
    };
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      const listener = () => end(name);
      listeners.set(name, listener);
      process.on(name, listener);
    }
    if (signal?.aborted) end('aborted');
    signal?.addEventListener('abort', () => end('aborted'), { once: true });
  });
}
