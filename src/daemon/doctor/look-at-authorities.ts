import { readFinding } from '../../core/doctor-command.ts';
import { caFindings } from '../../core/doctor-gates.ts';
import type { CaTestFacts } from '../../core/doctor-gates.ts';
import { hasVote } from '../../core/dependency.ts';
import type { Finding } from '../../core/doctor-finding.ts';
import type { CertificateAuthority } from '../../core/instance.ts';
import type { Command } from '../../ports/command.ts';
import { call } from './call-result.ts';
import type { CommandQuestion } from './look-at-command.ts';

/** The most CAs that are tested, and how many at once. */
const TESTS = 10;
const AT_ONCE = 5;

/** Lists the CAs and has Command test the first of them. */
export async function lookAtAuthorities(client: Command, question: CommandQuestion): Promise<readonly Finding[]> {
  const listed = await call(async () => client.listCertificateAuthorities(question.signal));
  const authorities = listed.value;
  const list = readFinding('list of CAs', listed.result, `${authorities?.length ?? 0} listed`);
  if (authorities === null) return [list];
  const chosen = authorities.slice(0, TESTS);
  const tests: CaTestFacts[] = [];
  for (let from = 0; from < chosen.length; from += AT_ONCE) {
    const lot = chosen.slice(from, from + AT_ONCE);
    question.say(`testing ${lot.map(nameOf).join(', ')}`);
    tests.push(...(await Promise.all(lot.map(async (ca) => testOne(ca, client, question)))));
  }
  return [list, ...caFindings(tests, authorities.length - chosen.length)];
}

async function testOne(ca: CertificateAuthority, client: Command, question: CommandQuestion): Promise<CaTestFacts> {
  const { config, signal, learned } = question;
  const { result, value } = await call(async () => client.testCertificateAuthority(ca, config.health.timeout, signal));
  const names = new Set([nameOf(ca).toLowerCase(), ca.logicalName.toLowerCase()]);
  const wasGood = learned.dependencies.some(
    (dependency) => names.has(dependency.name.toLowerCase()) && hasVote(dependency),
  );
  if (value !== null)
    return { name: nameOf(ca), wasGood, test: { type: 'tested', isGood: value.isGood, message: value.message } };
  const message = result.type === 'ok' ? '' : result.message;
  return { name: nameOf(ca), wasGood, test: { type: result.type === 'denied' ? 'denied' : 'not-tested', message } };
}

function nameOf({ hostName, logicalName }: CertificateAuthority): string {
  return `${hostName}\\${logicalName}`;
}
