import { sharesCertificate } from '../core/choose-successor.ts';
import type { Sighting } from '../core/sighting.ts';
import type { RemediationParts } from './parts.ts';

/** The most rows of one request that are looked at. */
export const ROWS = 50;

/**
 * The rows that were read and found to be of this request: of equal request key, or of equal Title with the same
 * certificate, which a server that adds to the input of a new run keeps. Which row it is about makes no difference.
 */
export async function runsOfRequest(
  { definitionId, title }: Pick<Sighting, 'definitionId' | 'title'>,
  print: Pick<NonNullable<Sighting['print']>, 'requestKey' | 'certificateKeys'>,
  { sightings }: Pick<RemediationParts, 'sightings'>,
): Promise<readonly Sighting[]> {
  const [equal, titled] = await Promise.all([
    sightings.withRequestKey(print.requestKey, ROWS),
    print.certificateKeys.length === 0 ? [] : sightings.withTitle(definitionId, title, ROWS),
  ]);
  const shared = titled.filter((other) => other.print !== null && sharesCertificate(other.print, print));
  return [...new Map([...equal, ...shared].map((row) => [row.id, row])).values()];
}
