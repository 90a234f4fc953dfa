import { TransientError } from '../../../src/core/errors.ts';
import { createPublishedVersion } from '../../../src/remediation/published-version.ts';
import { NOON, guid } from '../../support/builders.ts';

/** A definition whose published version rises with each read. */
function aReader(answer: (reads: number) => number | null | Error) {
  const clock = { at: NOON };
  const reads: string[] = [];
  const command = {
    readDefinition: async (definitionId: string) => {
      reads.push(definitionId);
      const version = answer(reads.length);
      if (version instanceof Error) throw version;
      return version === null ? null : { id: definitionId, name: null, publishedVersion: version, steps: [] };
    },
  } as unknown as Parameters<typeof createPublishedVersion>[0]['command'];
  const stopping = new AbortController().signal;
  const published = createPublishedVersion({ command, now: () => clock.at, keepMs: 30_000, stopping });
  return { published, reads, clock };
}

test('one read serves all instances of a definition for one interval', async () => {
  const { published, reads, clock } = aReader((count) => count);

  const first = await Promise.all([published(guid(1)), published(guid(1)), published(guid(1))]);
  clock.at += 29_999;
  const late = await published(guid(1));
  clock.at += 1;
  const anew = await published(guid(1));

  expect([...first, late, anew]).toEqual([1, 1, 1, 1, 2]);
  expect(reads).toHaveLength(2);
});

test('each definition is read for itself', async () => {
  const { published, reads } = aReader((count) => count);

  expect([await published(guid(1)), await published(guid(2))]).toEqual([1, 2]);
  expect(reads).toEqual([guid(1), guid(2)]);
});

test('what cannot be read is not known, and is not asked for by each instance either', async () => {
  const { published, reads } = aReader(() => new TransientError('Command did not answer'));

  expect([await published(guid(1)), await published(guid(1))]).toEqual([null, null]);
  expect(reads).toHaveLength(1);
});

test('a fault of ours is told each time', async () => {
  const { published, reads } = aReader(() => new TypeError('a bug'));

  await expect(published(guid(1))).rejects.toThrow('a bug');
  await expect(published(guid(1))).rejects.toThrow('a bug');
  expect(reads).toHaveLength(2);
});
