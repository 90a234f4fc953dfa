import type { User } from '../world/types.ts';
import { forbidden } from './api-error.ts';
import { may } from './auth.ts';
import type { Answer, Exchange } from './exchange.ts';

/** One operation of the API. Its name is the word for it in faults and request counts. */
export interface Route {
  readonly name: string;
  readonly method: string;
  /** Path below the base path; `{name}` stands for one segment. */
  readonly path: string;
  /** What the caller has to be allowed: one of each group (API reference, 2). */
  readonly needs: readonly (readonly string[])[];
  readonly answer: (exchange: Exchange) => Answer | Promise<Answer>;
}

/** Permissions of the version 2 model (API reference, 2). */
export const PERMISSIONS = {
  readInstances: '/workflows/instances/read/',
  readMine: '/workflows/instances/read/mine/',
  readPending: '/workflows/instances/read/pending/',
  manageInstances: '/workflows/instances/manage/',
  readDefinitions: '/workflows/definitions/read/',
  readCas: '/certificate_authorities/read/',
  readAudit: '/auditing/read/',
} as const;

/** @throws ApiError 403 naming the first permission that is missing */
export function demandPermissions(route: Route, user: User): void {
  const missing = route.needs.find((group) => !group.some((permission) => may(user, permission)));
  if (missing) throw forbidden(missing[0] ?? '/');
}

export function mayUse(route: Route, user: User): boolean {
  return route.needs.every((group) => group.some((permission) => may(user, permission)));
}

export interface RouteMatch {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the route of a path; fixed words win over parameters by their order. */
export function findRoute(routes: readonly Route[], method: string, path: string): RouteMatch | 'no-method' | null {
  const segments = path.split('/').filter((segment) => segment !== '');
  let isPathKnown = false;
  for (const route of routes) {
    const parameters = matchPath(route.path.split('/'), segments);
    if (parameters && route.method === method) return { route, parameters };
    isPathKnown ||= parameters !== null;
  }
  return isPathKnown ? 'no-method' : null;
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decode(segment);
    else if (part.toLowerCase() !== segment.toLowerCase()) return null;
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
