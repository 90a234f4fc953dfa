import { hostname, userInfo } from 'node:os';

/** Who decides, for the record: `user@host`. A container may have no name for its user. */
export function whoDecides(env: NodeJS.ProcessEnv): string {
  return `${userName(env)}@${hostname()}`;
}

function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
