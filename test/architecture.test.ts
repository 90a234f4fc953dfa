import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Which room may import which other rooms; a room may always import itself. The same table is in the README. */
const ALLOWED: Record<string, readonly string[]> = {
  main: ['cli'],
  cli: ['daemon', 'simulator', 'config', 'ports', 'core'],
  daemon: [
    'server',
    'poller',
    'remediation',
    'gate',
    'alerts',
    'core',
    'ports',
    'adapters/command',
    'adapters/redis',
    'adapters/bullmq',
    'adapters/notify',
    'adapters/probe',
    'telemetry',
    'simulator',
    'config',
  ],
  server: ['ports', 'core', 'telemetry'],
  poller: ['ports', 'core', 'telemetry'],
  remediation: ['ports', 'core', 'telemetry'],
  gate: ['ports', 'core', 'telemetry'],
  alerts: ['ports', 'core', 'telemetry'],
  core: [],
  ports: ['core'],
  'adapters/command': ['ports', 'core'],
  'adapters/redis': ['ports', 'core'],
  'adapters/bullmq': ['ports', 'core'],
  'adapters/notify': ['ports', 'core'],
  'adapters/probe': ['ports', 'core'],
  telemetry: ['core'],
  simulator: [],
  config: ['core'],
};

/** Packages that only the named rooms may import: the outside world stays behind its adapter. */
const PACKAGE_ROOMS: Record<string, readonly string[]> = {
  got: ['adapters/command', 'adapters/notify', 'adapters/probe'],
  bullmq: ['adapters/bullmq'],
  ioredis: ['adapters/redis', 'adapters/bullmq'],
  pino: ['telemetry'],
  zod: ['config', 'simulator'],
  commander: ['cli'],
};

const SRC = resolve('src');

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(SRC, file));
}

function roomOf(file: string): string {
  const [first = '', second = ''] = relative(SRC, file).split(/[\\/]/);
  if (first === 'adapters') return `adapters/${second}`;
  return first.replace(/\.ts$/, '');
}

function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
  return [...found].map((match) => match[1] ?? '');
}

test('every import stays inside the room map', () => {
  const breaches: string[] = [];

  for (const file of sourceFiles()) {
    const room = roomOf(file);
    for (const target of importsOf(file).filter((name) => name.startsWith('.'))) {
      const path = resolve(dirname(file), target);
      const targetRoom = roomOf(path);
      if (!existsSync(path)) breaches.push(`${relative(SRC, file)}: ${target} does not exist`);
      else if (targetRoom !== room && !ALLOWED[room]?.includes(targetRoom))
        breaches.push(`${relative(SRC, file)} (${room}) imports ${relative(SRC, path)} (${targetRoom})`);
    }
  }

  expect(breaches).toEqual([]);
});

test('packages of the outside world are imported only behind their adapters', () => {
  const breaches: string[] = [];

  for (const file of sourceFiles()) {
    const room = roomOf(file);
    for (const target of importsOf(file)) {
      const rooms = PACKAGE_ROOMS[target];
      if (rooms && !rooms.includes(room)) breaches.push(`${relative(SRC, file)} imports ${target}`);
      if (room === 'core' && !target.startsWith('.')) breaches.push(`${relative(SRC, file)} imports ${target}`);
    }
  }

  expect(breaches).toEqual([]);
});
