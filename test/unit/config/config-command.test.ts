import { configCommand } from '../../../src/cli/config-command.ts';
import { someFolder } from './config-faults.ts';

const folder = someFolder();
afterAll(folder.remove);

const COMPLETE = { KEYFACTOR_HOSTNAME: 'kf.example.com', KEYFACTOR_USERNAME: 'u', KEYFACTOR_PASSWORD: 'hunter2' };

class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Runs `remediator config …` in this process. */
function run(words: string, env: NodeJS.ProcessEnv): { out: string; error: string; exitCode: number } {
  const written = { out: '', error: '', exitCode: 0 };
  const command = configCommand({
    env,
    writeOut: (text) => void (written.out += text),
    writeError: (text) => void (written.error += text),
    exit: (code) => {
      throw new Exit(code);
    },
  });
  try {
    command.parse(words.split(' '), { from: 'user' });
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    written.exitCode = error.exitCode;
  }
  return written;
}

test('check says that all is well', () => {
  expect(run('check', COMPLETE)).toEqual({
    out: 'configuration is fine (no file; mode observe)\n',
    error: '',
    exitCode: 0,
  });
});

test('check --json says it in one JSON value', () => {
  const file = folder.write('fine.yaml', 'mode: active');

  const { out, exitCode } = run(`check --json --config ${file}`, COMPLETE);

  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toEqual({ ok: true, file, faults: [] });
});

test('check lists every fault on stderr and exits 78', () => {
  const { out, error, exitCode } = run('check', { LOG_LEVEL: 'loud' });

  expect(exitCode).toBe(78);
  expect(out).toBe('');
  expect(error.split('\n')).toEqual([
    'bad configuration, 3 faults:',
    '  log.level is not allowed ("loud"); allowed: trace | debug | info | warn | error | fatal | silent; from: LOG_LEVEL',
    expect.stringContaining('command.url is missing'),
    expect.stringContaining('command.auth is missing'),
    '',
  ]);
});

test('check --json lists the faults on stdout, too', () => {
  const { out, error, exitCode } = run('check --json', { ...COMPLETE, LOG_LEVEL: 'loud' });

  expect(exitCode).toBe(78);
  expect(error).toContain('1 fault:');
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    file: null,
    faults: [{ key: 'log.level', value: '"loud"', source: 'LOG_LEVEL' }],
  });
});

test('check --json has every key of a fault, null where nothing is known', () => {
  const { out } = run('check --json', { ...COMPLETE, REMEDIATOR__BOGUS__X: '1' });

  const problem = 'is an unknown variable';
  const fault = { key: 'REMEDIATOR__BOGUS__X', problem, value: null, allowed: null, source: 'the environment' };
  expect(JSON.parse(out)).toMatchObject({ faults: [fault] });
});

test('print works without what is merely missing, and masks', () => {
  const { out, error, exitCode } = run('print', { KEYFACTOR_PASSWORD: 'hunter2' });

  expect({ error, exitCode }).toEqual({ error: '', exitCode: 0 });
  expect(out).toContain('password: "***" # KEYFACTOR_PASSWORD\n');
});

test('print --json is one JSON value', () => {
  expect(JSON.parse(run('print --json', {}).out)).toMatchObject({
    config: { mode: 'observe' },
    sources: { mode: 'default' },
  });
});

test('print exits 78 on values that are not allowed', () => {
  expect(run('print', { LOG_LEVEL: 'loud' })).toMatchObject({ out: '', exitCode: 78 });
});
