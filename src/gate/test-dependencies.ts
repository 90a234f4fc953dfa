import { labelOf, withTest, withTry } from '../core/dependency.ts';
import type { Dependency, TestResult } from '../core/dependency.ts';
import { AccessError, TransientError, RefusedError } from '../core/errors.ts';
import { FEED } from '../core/feed.ts';
import type { Feed } from '../core/feed.ts';
import type { CertificateAuthority } from '../core/instance.ts';
import { isTestDue } from './call-waiters.ts';
import type { GateParts } from './parts.ts';

/** Tests what somebody waits for and whose time has come, all at once; the results are shared by all replicas. */
export async function testDependencies(parts: GateParts): Promise<void> {
  const names = await parts.gates.rooms();
  const views = await parts.gates.view(names.map((name) => ({ name, kind: 'ca' })));
  const due = views.filter((view) => isTestDue(view, parts));
  if (due.length === 0) return;
  const authorities = await listAuthorities(
    due.map(({ dependency }) => dependency),
    parts,
  );
  await Promise.all(due.map(async ({ dependency, waiting }) => testOne(dependency, waiting, authorities, parts)));
}

type Authorities = readonly CertificateAuthority[] | Error;

async function listAuthorities(due: readonly Dependency[], parts: GateParts): Promise<Authorities> {
  if (!due.some(({ kind }) => kind === 'ca')) return [];
  try {
    return await parts.command.listCertificateAuthorities(parts.stopping);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function testOne(known: Dependency, waiting: number, authorities: Authorities, parts: GateParts): Promise<void> {
  const test =
    known.kind === 'endpoint'
      ? await probeEndpoint(known.name, parts)
      : await testAuthority(known.name, authorities, parts);
  if (test === null) {
    await parts.gates.update(known.name, known.kind, (dependency) => withTry(dependency, parts.now()));
    return;
  }
  const tested = await parts.gates.update(known.name, known.kind, (dependency) =>
    withTest(dependency, test, parts.policy.health),
  );
  const [before, after] = [labelOf(known, waiting), labelOf(tested, waiting)];
  if (before !== after)
    parts.emit('dependency.changed', { dependency: known.name, label: after, message: test.message });
}

async function probeEndpoint(name: string, parts: GateParts): Promise<TestResult> {
  const at = parts.now();
  const probe = parts.probes.get(name);
  if (probe === undefined) return { at, result: 'refused', message: `no endpoint "${name}" in health.endpoints` };
  const { isGood, message } = await probe.check(parts.policy.health.timeout, parts.stopping);
  return { at, result: isGood ? 'good' : 'bad', message };
}

/** Null: nothing was learned about this CA. */
async function testAuthority(name: string, authorities: Authorities, parts: GateParts): Promise<TestResult | null> {
  const at = parts.now();
  if (authorities instanceof Error) {
    const result = toResult(authorities, at);
    if (result !== null || !(await isCommandWell(parts))) return result;
    // Were it waited for, an endpoint of Command that is broken for itself would hold everything for ever.
    return { at, result: 'untestable', message: authorities.message };
  }
  const ca = findAuthority(name, authorities);
  if (ca === null) return { at, result: 'refused', message: `Command lists no CA "${name}"` };
  try {
    const test = await parts.command.testCertificateAuthority(ca, parts.policy.health.timeout, parts.stopping);
    // A test that broke off speaks about this CA only if Command itself answers (DESIGN.md 4.5).
    if (test.broke && !(await isCommandWell(parts))) return null;
    return { at, result: test.isGood ? 'good' : 'bad', message: test.message };
  } catch (error) {
    return toResult(error, at);
  }
}

function toResult(error: unknown, at: number): TestResult | null {
  if (error instanceof AccessError || error instanceof RefusedError)
    return { at, result: 'refused', message: error.message };
  if (error instanceof TransientError) return null;
  throw error;
}

async function isCommandWell({ ledger, policy, now }: GateParts): Promise<boolean> {
  const feed = await ledger.read<Feed>(FEED);
  return feed !== null && now() - feed.lookedAt <= Math.max(policy.health.interval, policy.poll.interval) * 2;
}

/** InitialData may write a CA as `host\logical name`, by its logical name alone or by its id (API reference 4.1). */
export function findAuthority(name: string, authorities: readonly CertificateAuthority[]): CertificateAuthority | null {
  const wanted = name.toLowerCase();
  const forms: readonly ((ca: CertificateAuthority) => string)[] = [
    ({ hostName, logicalName }) => `${hostName}\\${logicalName}`,
    ({ logicalName }) => logicalName,
    ({ id }) => String(id),
  ];
  for (const form of forms) {
    const found = authorities.find((ca) => form(ca).toLowerCase() === wanted);
    if (found) return found;
  }
  return null;
}
