import type { Answer, Exchange } from './exchange.ts';

/** One operation of the API. Its name is the word for it in faults and request counts. */
export interface Route {
  readonly name: string;
  readonly method: string;
  /** Path below the base path; `{name}` stands for one segment. */
  readonly path: string;
  readonly handle: (exchange: Exchange) => Answer | Promise<Answer>;
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
