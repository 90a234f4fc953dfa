import { findingsOf } from './doctor-finding.ts';
import type { Finding } from './doctor-finding.ts';

/** How one harmless call ended. */
export type CallResult =
  | { readonly type: 'ok' }
  /** 401 or 403; the message names the permission. */
  | { readonly type: 'denied'; readonly status: 401 | 403; readonly message: string }
  /** Another 4xx. */
  | { readonly type: 'refused'; readonly status: number; readonly message: string }
  /** No useful answer. `cause`: what the socket, DNS or TLS said, with its code. `status`: of an answer of no use. */
  | {
      readonly type: 'no-answer';
      readonly message: string;
      readonly cause: string | null;
      readonly status: number | null;
    };

const command = findingsOf('Command');
const permissions = findingsOf('permissions');

/** What the first call to Command says about the way to it and about our identity. */
export function accessFindings(place: string, result: CallResult): readonly Finding[] {
  switch (result.type) {
    case 'ok':
      return [command.ok(`${place} answers and knows our identity`)];
    case 'denied':
      return [command.ok(`${place} answers`), deniedFinding(result.status, result.message)];
    case 'refused':
      return [command.ok(`${place} answers`), refusedFinding(result.status, result.message)];
    case 'no-answer':
      return [
        command.fail(`${place} gives no useful answer: ${result.message}`, {
          evidence: result.cause,
          fix: wayFix(result.status),
        }),
      ];
  }
}

function wayFix(status: number | null): string {
  if (status === 429) return 'try again later; if it comes again, set command.requestsPerSecond lower';
  if (status !== null && status >= 500)
    return 'Command, or a proxy before it, is in trouble or under maintenance: look at it there, and try again';
  return 'check command.url, command.apiPath, command.proxy and command.tls from this machine';
}

function deniedFinding(status: 401 | 403, message: string): Finding {
  if (status === 401)
    return command.fail('the credentials are not accepted (401)', {
      evidence: message,
      fix: 'check command.auth: user, domain and password, or client id, secret and tokenUrl; nothing more was tried, so that no account is locked',
    });
  return permissions.fail('our identity is known and may not do this (403)', {
    evidence: message,
    fix: 'give its role the permission that the message names',
  });
}

function refusedFinding(status: number, message: string): Finding {
  if (status === 404)
    return command.fail('the API is not found there', {
      evidence: message,
      fix: 'check command.apiPath (usually KeyfactorAPI)',
    });
  return command.fail('the API refuses a plain list', {
    evidence: message,
    fix: 'check command.apiPath and command.dialect',
  });
}

/** The reads that the daemon lives on, and those that only some features need. */
export type Read = 'list of instances' | 'single read' | 'list of CAs' | 'definitions';

const READS: Readonly<Record<Read, { readonly isNeeded: boolean; readonly without: string; readonly fix: string }>> = {
  'list of instances': {
    isNeeded: true,
    without: 'nothing can be found',
    fix: 'give its role /workflows/instances/read/ (10.x: WorkflowInstances ReadAll)',
  },
  'single read': {
    isNeeded: true,
    without: 'no failure can be judged, so nothing is restarted',
    fix: 'give its role /workflows/instances/read/ (10.x: WorkflowInstances ReadAll)',
  },
  'list of CAs': {
    isNeeded: false,
    without: 'no CA can be tested: after an outage only canaries tell whether one is back',
    fix: 'give its role /certificate_authorities/read/ (10.x: PkiManagement Read)',
  },
  definitions: {
    isNeeded: false,
    without: 'the CA that a step names in its parameters, and a changed version, are not seen; optional',
    fix: 'give its role /workflows/definitions/read/ (10.x: WorkflowDefinitions Read)',
  },
};

/** What one read of the pre-flight says. */
export function readFinding(read: Read, result: CallResult, seen: string): Finding {
  const { isNeeded, without, fix } = READS[read];
  if (result.type === 'ok') return permissions.ok(`${read}: allowed`, { evidence: seen });
  const evidence = result.type === 'no-answer' && result.cause ? `${result.message} (${result.cause})` : result.message;
  if (result.type !== 'denied') {
    const level = isNeeded ? 'fail' : 'warn';
    return permissions[level](`${read}: no useful answer; ${without}`, { evidence });
  }
  const text = `${read}: denied (${result.status}); ${without}`;
  if (isNeeded) return permissions.fail(text, { evidence, fix });
  return permissions[read === 'definitions' ? 'info' : 'warn'](text, { evidence, fix });
}

const RESTART_FIX = 'its role needs /workflows/instances/manage/ beside read (10.x: WorkflowInstances Manage)';

/** What is known of the right to restart. */
export interface RestartEvidence {
  /** The endpoints that Command says we may use; null: it does not say. How it writes them is not documented. */
  readonly endpoints: readonly string[] | null;
  /** Longest Restart call of ours on record; 0: none. */
  readonly longestRestartMs: number;
}

/** Whether we may restart cannot be tried without doing it: what else speaks for or against it. */
export function restartPermission({ endpoints, longestRestartMs }: RestartEvidence): Finding {
  if (longestRestartMs > 0)
    return permissions.ok('Restart: was allowed, as far as it was used', {
      evidence: `${longestRestartMs} ms at most`,
    });
  const instances = (endpoints ?? []).filter((one) => /workflow.*instances/i.test(one));
  const restart = instances.find((one) => /restart/i.test(one));
  if (restart !== undefined)
    return permissions.ok('Restart: is among the endpoints that we may use', { evidence: restart });
  const isTold = instances.some((one) => /instances\/[^/]+\/?|instances\W*\{/i.test(one));
  if (isTold)
    return permissions.warn('Restart: is not among the endpoints that we may use, so it may be denied', {
      evidence: `GET /Status/Endpoints names ${instances.length} of instances`,
      fix: RESTART_FIX,
    });
  return permissions.info('Restart: whether it is allowed is not known before the first one is sent', {
    fix: RESTART_FIX,
  });
}
