/** A variable that operators know from Keyfactor's own clients, or from everywhere. */
export interface UsualName {
  readonly variable: string;
  readonly key: string;
  /** Puts the variable's own form into the option's. */
  readonly read?: (text: string) => string;
}

/** In the order in which DESIGN 7 lists them. */
export const USUAL_NAMES: readonly UsualName[] = [
  { variable: 'KEYFACTOR_HOSTNAME', key: 'command.url' },
  { variable: 'KEYFACTOR_API_PATH', key: 'command.apiPath' },
  { variable: 'KEYFACTOR_USERNAME', key: 'command.auth.username' },
  { variable: 'KEYFACTOR_PASSWORD', key: 'command.auth.password' },
  { variable: 'KEYFACTOR_DOMAIN', key: 'command.auth.domain' },
  { variable: 'KEYFACTOR_AUTH_CLIENT_ID', key: 'command.auth.clientId' },
  { variable: 'KEYFACTOR_AUTH_CLIENT_SECRET', key: 'command.auth.clientSecret' },
  { variable: 'KEYFACTOR_AUTH_TOKEN_URL', key: 'command.auth.tokenUrl' },
  { variable: 'KEYFACTOR_AUTH_SCOPES', key: 'command.auth.scopes' },
  { variable: 'KEYFACTOR_AUTH_AUDIENCE', key: 'command.auth.audience' },
  { variable: 'KEYFACTOR_AUTH_ACCESS_TOKEN', key: 'command.auth.accessToken' },
  { variable: 'KEYFACTOR_AUTH_CA_CERT', key: 'command.tls.caFile' },
  { variable: 'KEYFACTOR_CLIENT_TIMEOUT', key: 'command.timeout', read: secondsIfBare },
  { variable: 'KEYFACTOR_SKIP_VERIFY', key: 'command.tls.skipVerify' },
  { variable: 'REDIS_URL', key: 'redis.url' },
  { variable: 'LOG_LEVEL', key: 'log.level', read: (text) => text.trim().toLowerCase() },
];

/** Keyfactor's clients write seconds without a unit. */
function secondsIfBare(text: string): string {
  return /^\s*\d+\s*$/.test(text) ? `${text.trim()}s` : text;
}
