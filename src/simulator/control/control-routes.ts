import type { Answer } from '../http/exchange.ts';
import { ScenarioError } from '../scenario/parse-scenario.ts';
import type { UncheckedControl } from './simulator-control.ts';

interface ControlRequest {
  readonly method: string;
  /** Below /_control/. */
  readonly path: string;
  readonly body: string;
}

/** Answers a request to the control endpoint; every input is checked by the control itself. */
export function answerControl(control: UncheckedControl, request: ControlRequest): Answer {
  try {
    return route(control, request);
  } catch (error) {
    if (error instanceof ScenarioError) return { status: 400, body: { error: error.message } };
    if (error instanceof SyntaxError) return { status: 400, body: { error: `body: ${error.message}` } };
    throw error;
  }
}

function route(control: UncheckedControl, { method, path, body }: ControlRequest): Answer {
  const [area = '', name = ''] = path.split('/');
  if (method === 'GET') return read(control, area);
  const input = (): unknown => JSON.parse(body === '' ? '{}' : body);
  switch (`${method} ${area}`) {
    case 'POST ca':
      control.setCa(decodeURIComponent(name), input());
      return { status: 204 };
    case 'POST definitions':
      control.setDefinition(decodeURIComponent(name), input());
      return { status: 204 };
    case 'POST knobs':
      return { status: 200, body: control.setKnobs(input()) };
    case 'POST faults':
      if (name === 'add') control.addFaults(asList(input()));
      else control.setFaults(asList(input()));
      return { status: 200, body: control.faults() };
    case 'POST instances':
      return { status: 200, body: { ids: control.makeInstances(input()) } };
    case 'POST actions':
      return { status: 200, body: control.act(input()) };
    case 'POST revoke-tokens':
      return { status: 200, body: { revoked: control.revokeTokens() } };
    default:
      return { status: 404, body: { error: `${method} ${path} is not there` } };
  }
}

function read(control: UncheckedControl, area: string): Answer {
  if (area === 'truth') return { status: 200, body: control.truth() };
  if (area === 'summary') return { status: 200, body: control.summary() };
  if (area === 'faults') return { status: 200, body: control.faults() };
  if (area === 'knobs') return { status: 200, body: control.setKnobs({}) };
  return { status: 404, body: { error: `GET ${area} is not there` } };
}

function asList(input: unknown): unknown {
  return Array.isArray(input) ? input : [input];
}
