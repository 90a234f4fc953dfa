import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { connect as connectSocket, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';

export interface EmbeddedRedis {
  readonly url: string;
  /** True for the stand-in in JavaScript: data is lost at exit, not for production. */
  readonly isStandIn: boolean;
  /** For people: which one was taken. */
  readonly label: string;
  stop(): Promise<void>;
}

const SERVERS = ['redis-server', 'valkey-server'];

/** How long a private server may take until it answers. */
const START_LIMIT_MS = 15_000;

/**
 * Starts a private Redis on loopback and a free port: a server on PATH, with every write on disk in `folder`, else the
 * stand-in. @throws when none starts
 */
export async function startEmbeddedRedis(folder: string): Promise<EmbeddedRedis> {
  const port = await freePort();
  const server = findServer();
  const child = server ? startServer(server, port, folder) : startStandIn(port);
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill); // however this process ends, its private Redis goes with it
  child.once('exit', () => process.off('exit', kill));
  try {
    await waitForPort(port, child);
  } catch (error) {
    kill();
    throw error;
  }
  const isStandIn = server === null;
  return {
    url: `redis://127.0.0.1:${port}`,
    isStandIn,
    label: server ?? 'js-redis-server (in-memory stand-in: data lost at exit, not for production)',
    stop: async () => stopChild(child, isStandIn),
  };
}

/** A group of its own: Ctrl-C on the terminal must not end Redis before those who still write to it. */
const OWN_GROUP = { stdio: 'ignore', detached: true } as const;

function startServer(server: string, port: number, folder: string): ChildProcess {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  return spawn(server, [...args, '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'], OWN_GROUP);
}

/**
 * The stand-in leaves Nagle's algorithm on: of several answers in a row all but the first come about 40 ms late. Its own
 * options do not reach the socket, so this runs before it.
 */
const NO_DELAY = `data:text/javascript,${encodeURIComponent(`
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function (...options) {
  this.on('connection', (socket) => socket.setNoDelay());
  return listen.apply(this, options);
};`)}`;

function startStandIn(port: number): ChildProcess {
  const main = createRequire(import.meta.url).resolve('js-redis-server');
  const cli = join(dirname(main), 'cli.js');
  return spawn(process.execPath, ['--import', NO_DELAY, cli, '--port', String(port)], OWN_GROUP);
}

function findServer(): string | null {
  for (const name of SERVERS) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      if (isExecutable(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_LIMIT_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the private Redis ended at once with code ${child.exitCode}`);
    if (await answers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the private Redis did not answer within ${START_LIMIT_MS / 1000} s`);
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ port, host: '127.0.0.1' });
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/** The stand-in lives on for about 10 s after SIGTERM and has nothing to lose. */
async function stopChild(child: ChildProcess, isStandIn: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill(isStandIn ? 'SIGKILL' : 'SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 5000).unref();
  });
}
