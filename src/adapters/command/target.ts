/** Where Command's API lives, and how addresses below it are written. */
export interface Target {
  readonly url: URL;
  /** `host:port`, for messages. */
  readonly place: string;
  readonly hostname: string;
  readonly port: number;
  readonly isTls: boolean;
}

export type Parameters = readonly (readonly [name: string, value: string])[];

/** Reads the base address; a bare host means https. */
export function toTarget(baseUrl: string, apiPath: string): Target {
  const url = new URL(baseUrl.includes('://') ? baseUrl : `https://${baseUrl}`);
  url.pathname = [...url.pathname.split('/'), ...apiPath.split('/')].filter(Boolean).join('/');
  url.search = '';
  url.hash = '';
  url.username = '';
  url.password = '';
  const isTls = url.protocol === 'https:';
  const port = Number(url.port || (isTls ? 443 : 80));
  return { url, place: `${url.hostname}:${port}`, hostname: url.hostname.replace(/^\[|\]$/g, ''), port, isTls };
}

/** One address; blanks become %20, not +, which older servers keep as it is (API reference 3). */
export function addressOf(target: Target, path: string, parameters: Parameters = []): string {
  const query = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  return `${target.url.origin}${target.url.pathname}${path}${query && `?${query}`}`;
}
