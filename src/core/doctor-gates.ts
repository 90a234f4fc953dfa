import { findingsOf, shortDuration } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';
import type { OldRowKnowledge } from './old-row.ts';

/** One Test of a CA, and what the daemon knows of it. */
export interface CaTestFacts {
  readonly name: string;
  readonly test:
    | { readonly type: 'tested'; readonly isGood: boolean; readonly message: string }
    | { readonly type: 'denied'; readonly message: string }
    | { readonly type: 'not-tested'; readonly message: string };
  /** The daemon has seen a good test of it. */
  readonly wasGood: boolean;
}

const cas = findingsOf('certificate authorities');
const rows = findingsOf('old rows');
const clocks = findingsOf('clocks');

/** `more`: CAs beyond those that were tested. */
export function caFindings(tests: readonly CaTestFacts[], more: number): readonly Finding[] {
  const found = tests.map(caFinding);
  if (tests.length === 0) found.push(cas.info('Command lists no certificate authority'));
  if (more > 0) found.push(cas.info(`${more} more ${more === 1 ? 'is' : 'are'} listed and not tested here`));
  return found;
}

function caFinding({ name, test, wasGood }: CaTestFacts): Finding {
  if (test.type === 'denied')
    return cas.warn(`${name}: the test is denied, so it is untestable`, {
      evidence: test.message,
      fix: 'give its role /certificate_authorities/read/ (10.x: PkiManagement Read)',
    });
  if (test.type === 'not-tested') return cas.warn(`${name}: the test could not be made`, { evidence: test.message });
  if (test.isGood) return cas.ok(`${name}: Command reaches it`, { evidence: test.message || null });
  if (wasGood)
    return cas.warn(`${name}: Command does not reach it now; it tested well before, so restarts into it wait`, {
      evidence: test.message,
    });
  return cas.warn(
    `${name}: untestable until its first good test; no restart waits for its test, a canary tells instead`,
    {
      evidence: test.message,
      fix: 'if the CA works, its test may need secrets that Command does not fill in: nothing to do; else bring it up',
    },
  );
}

/** `configured`: command.oldRow. */
export function oldRowFinding(configured: string, known: OldRowKnowledge | null): Finding {
  const learned = known === null || known.fate === 'unknown' ? null : known.fate;
  if (configured !== 'auto') {
    if (learned !== null && learned !== configured)
      return rows.warn(`command.oldRow says ${configured}, what was seen says ${learned}`, {
        evidence: known?.evidence,
        fix: 'set command.oldRow: auto',
      });
    return rows.info(`command.oldRow says: ${configured}`, { evidence: learned === null ? null : known?.evidence });
  }
  if (learned === 'leaves')
    return rows.ok('a restarted row leaves Failed, so an unanswered restart can be judged by it', {
      evidence: known?.evidence,
    });
  if (learned === 'stays')
    return rows.warn('a restarted row stays Failed: a restart whose answer is lost is left to a person', {
      evidence: known?.evidence,
    });
  return rows.info('whether a restarted row leaves Failed is not known yet: restarts go one at a time until it is', {
    evidence: known?.evidence || null,
    fix: SACRIFICE,
  });
}

const SACRIFICE =
  'one instance settles it: while "remediator run --observe" runs, choose a Failed instance whose repetition does no harm, press Restart on it in the portal of Command, and see "old rows" in "remediator status" once its new run has ended. Its "explain" then also shows what a new run keeps here: title, StartDate, ReferenceId and input, and how long it took to show';

/** Beyond this clocks disturb tokens, certificates and logs. */
const FAR_MS = 300_000;

/** A Date header has seconds, and the answer was under way. */
const NEAR_MS = 2000;

/** `offsetMs`: its clock minus ours; null: it does not say. */
export function clockFinding(whose: string, offsetMs: number | null): Finding {
  if (offsetMs === null) return clocks.info(`${whose} does not tell its time`);
  const size = Math.abs(offsetMs);
  if (size <= NEAR_MS)
    return clocks.ok(`${whose} agrees with this machine`, { evidence: `within ${shortDuration(NEAR_MS)}` });
  const text = `${whose} is ${shortDuration(size)} ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine`;
  if (size <= FAR_MS) return clocks.info(`${text}; times of different clocks are never compared`);
  return clocks.warn(`${text}: tokens and certificates may be refused, and logs are hard to match`, {
    fix: 'synchronise the clocks (NTP)',
  });
}
