import type { Incoming } from './exchange.ts';
import { faultAnswer, resetConnection } from './fault-answers.ts';
import { findFault } from './fault-plan.ts';
import { send } from './send.ts';
import type { ServerParts } from './server.ts';

/** Answers a request to the OAuth token endpoint. */
export function answerToken(parts: ServerParts, incoming: Incoming): void {
  const { method, path, request, response, body } = incoming;
  const knobs = { ...parts.world.knobs, propertyCase: 'pascal' } as const;
  const faults = parts.faults.strike({ route: 'token', method, path, user: null });
  const fault = findFault(faults, 'status', 'html');
  if (fault) return send(response, faultAnswer(fault, knobs), knobs);
  if (findFault(faults, 'resetBefore', 'resetAfter')) return resetConnection(response);
  if (findFault(faults, 'hang', 'hangAfter')) return;
  if (method !== 'POST') return send(response, { status: 405 }, knobs);
  send(response, parts.access.grantToken(body, request.headers.authorization), knobs);
}
