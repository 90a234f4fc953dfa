import { RefusedError, TransientError } from '../../core/errors.ts';
import type { CertificateAuthority } from '../../core/instance.ts';
import type { CaTest } from '../../ports/command.ts';
import { callOnce, type CallerParts } from './caller.ts';
import type { DialectState } from './dialect-state.ts';
import { readPage, type RawPage } from './list-page.ts';
import { codeOf } from './translate-error.ts';
import { toCaTest, toCertificateAuthority, toTestBody } from './wire-authority.ts';

const AUTHORITIES = '/CertificateAuthority';
const PAGE_SIZE = 200;
/** 20,000 certificate authorities: more than anybody has, so a server that repeats itself cannot hold us here. */
const MAX_PAGES = 100;

export interface AuthorityParts extends CallerParts {
  readonly state: DialectState;
}

/** All certificate authorities; read until a page brings none that is new. */
export async function listAuthorities(
  parts: AuthorityParts,
  signal?: AbortSignal,
): Promise<readonly CertificateAuthority[]> {
  const found = new Map<number, CertificateAuthority>();
  let sortField: string | null = 'Id';
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const before = found.size;
    const raw: RawPage | null = await readAuthorities({ page, sortField, signal }, parts);
    if (!raw) {
      sortField = null; // refused: the same page again in the server's own order
      page -= 1;
      continue;
    }
    for (const ca of raw.rows.flatMap((row) => toCertificateAuthority(row) ?? [])) found.set(ca.id, ca);
    if (raw.rows.length === 0 || found.size === before || found.size === raw.total) break;
  }
  return [...found.values()];
}

/** Null: the sort field was refused. */
async function readAuthorities(
  wish: { page: number; sortField: string | null; signal: AbortSignal | undefined },
  parts: AuthorityParts,
): Promise<RawPage | null> {
  const list = { path: AUTHORITIES, limit: PAGE_SIZE, isAscending: true, priority: 'sweep' as const, ...wish };
  try {
    return await readPage(list, parts, parts.state);
  } catch (error) {
    if (wish.sortField !== null && error instanceof RefusedError && error.status === 400) return null;
    throw error;
  }
}

/** Asks Command to connect to the CA. @throws AccessError, RefusedError; TransientError where Command itself is away */
export async function testAuthority(
  ca: CertificateAuthority,
  limits: { timeoutMs: number; signal?: AbortSignal | undefined },
  parts: AuthorityParts,
): Promise<CaTest> {
  const path = `${AUTHORITIES}/Test`;
  try {
    const answer = await callOnce(
      {
        method: 'POST',
        path,
        template: path,
        body: toTestBody(ca, parts.state.testForm),
        priority: 'sweep',
        ...limits,
      },
      parts,
    );
    return toCaTest(answer.json);
  } catch (error) {
    if (error instanceof TransientError && hasBrokenOff(error))
      return { isGood: false, message: error.message, broke: true };
    throw error;
  }
}

/** Time-outs, 5xx and cut connections are the test's own; throttling and a Command that cannot be reached are not. */
function hasBrokenOff(error: TransientError): boolean {
  if (error.retryAfterMs !== null) return false;
  const code = codeOf(error.cause);
  return code === '' || code === 'ETIMEDOUT' || code === 'ECONNRESET';
}
