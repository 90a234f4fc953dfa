import { cutCallText, denialText, downText, lostAnswerText, overloadText, unknownCaText } from './failure-texts.ts';
import { hexFrom } from './random.ts';
import { record } from './truth.ts';
import type { CaMode, CertificateAuthority, DataMap, Instance, Step, World } from './types.ts';

export interface CaResult {
  readonly failure: string | null;
  readonly additions: DataMap;
}

export interface CaCall {
  readonly durationMs: number;
  /** Ends the call; `ownFailure` tells a failure that has nothing to do with the state of the CA, and spends it. */
  finish(ownFailure: () => string | null): CaResult;
  /** Ends the call without a result: the instance was deleted. */
  abandon(): void;
}

/** Begins what an enrol, renewal or revocation step does with its certificate authority. */
export function callCa(world: World, instance: Instance, step: Step): CaCall {
  const name = step.ca ?? instance.ca;
  const ca = findCa(world, name);
  if (!ca) return failing(0, unknownCaText(name));
  if (ca.mode === 'down') return failing(ca.failMs, downText(ca));
  if (ca.busy >= ca.maxConcurrent) return failing(ca.issueMs, overloadText());
  ca.busy += 1;
  const abandon = () => {
    ca.busy -= 1;
  };
  return {
    durationMs: ca.issueMs,
    abandon,
    finish(ownFailure) {
      abandon();
      const failure = refusalOf(ca) ?? ownFailure();
      if (failure !== null) return { failure, additions: {} };
      const additions = take(world, instance, step, ca);
      return ca.mode === 'silent' ? { failure: lostAnswerText(ca), additions: {} } : { failure: null, additions };
    },
  };
}

/** A CA may have gone down since the call began. */
function refusalOf(ca: CertificateAuthority): string | null {
  if (ca.mode === 'down') return cutCallText(ca);
  return ca.mode === 'denying' ? denialText(ca) : null;
}

/** `host\logical name`, the host alone being not enough, or the logical name where it is unique. */
export function findCa(world: World, name: string | null): CertificateAuthority | undefined {
  if (name === null) return undefined;
  const wanted = name.toLowerCase();
  return world.cas.find((ca) => caPath(ca).toLowerCase() === wanted || ca.name.toLowerCase() === wanted);
}

/** How instances name a certificate authority. */
export function caPath(ca: CertificateAuthority): string {
  return `${ca.host}\\${ca.name}`;
}

/** Switches a certificate authority and writes it down. */
export function setCaMode(world: World, ca: CertificateAuthority, mode: CaMode): void {
  if (ca.mode === mode) return;
  ca.mode = mode;
  record(world.truth.caHistory, { at: world.clock.now(), ca: ca.label, mode });
}

/** What the data bucket shows once a CA has taken a request. */
export function caAdditions(world: World, step: Step, ca: CertificateAuthority, label: string): DataMap {
  const requestId = world.nextRequestId;
  world.nextRequestId += 1;
  if (step.kind === 'renew') return { RenewedCertId: 50_000 + requestId };
  if (step.kind === 'revoke') return { RevocationResult: { Success: true, RequestId: requestId } };
  const serial = hexFrom(world.seed, `serial:${label}:${requestId}`).slice(0, 20).toUpperCase();
  return {
    CACertificateRequest: { CARequestId: requestId, Status: 'Issued', Requester: 'KEYEXAMPLE\\svc_keyfactor' },
    CACertificate: {
      CertificateId: 50_000 + requestId,
      CARequestId: requestId,
      Status: 'Active',
      SerialNumber: serial,
      CertificateAuthority: caPath(ca),
      ArchivedKey: false,
    },
  };
}

/** Writes down in the ground truth that a CA has issued or revoked a certificate. */
export function countIssued(
  world: World,
  step: Step,
  instance: Pick<Instance, 'id' | 'wish'>,
  ca: CertificateAuthority,
): void {
  const log = step.kind === 'revoke' ? world.truth.revocations : world.truth.certificates;
  record(log, { at: world.clock.now(), ca: ca.label, wish: instance.wish, instanceId: instance.id });
}

function take(world: World, instance: Instance, step: Step, ca: CertificateAuthority): DataMap {
  countIssued(world, step, instance, ca);
  return caAdditions(world, step, ca, instance.id);
}

function failing(durationMs: number, failure: string): CaCall {
  return { durationMs, finish: () => ({ failure, additions: {} }), abandon: () => undefined };
}
