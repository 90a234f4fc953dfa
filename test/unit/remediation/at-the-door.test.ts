import type { Remediation } from '../../../src/core/remediation.ts';
import { gatherWaiting } from '../../../src/remediation/gather-waiting.ts';
import { atTheDoor } from '../../support/at-the-door.ts';
import { NOON, aPolicy, aRemediation, aSighting, anIntent, anInput, guid } from '../../support/builders.ts';

const ID = guid(1);

/** The restart of `ID` is on record in the journal; what the one that asks is told of it. */
async function claimFor(asking: Remediation) {
  const world = await atTheDoor({ readInstance: async () => ({ detail: null }) });
  await world.restart();
  const row = aSighting({ id: asking.currentInstanceId, lastModified: asking.input?.lastModified ?? null });
  await world.sightings.observe([{ row, requestedAt: NOON }]);
  const gathered = await gatherWaiting(asking, world.parts, false);
  if (gathered.type !== 'facts') throw new Error(gathered.action.type);
  return gathered.facts.claim;
}

test('a row whose own restart the journal knows, and its record does not, goes to the door to learn of it', async () => {
  expect(await claimFor(aRemediation())).toBeNull();
});

test('another row of the same request waits for that restart', async () => {
  const other = aRemediation({ rootInstanceId: guid(2), input: anInput({ instanceId: guid(2) }) });

  expect(await claimFor(other)).toEqual({ instanceId: ID, alertKey: null });
});

test('the heartbeat never writes a restart that was not sent over one that was (P1)', async () => {
  const { journal, restart } = await atTheDoor({ readInstance: async () => ({ detail: null }) });
  await restart();
  const unsent = anIntent({ instanceId: ID, state: 'not-sent', fence: 4 });

  await journal.beat([{ instanceId: ID, ca: null, intent: unsent }]);

  expect(await journal.load(ID)).toMatchObject({ state: 'accepted' });
});

test('the intent names the certificate of its request, which a new run keeps whatever is added to its input', async () => {
  const { journal, restart } = await atTheDoor({
    readInstance: async () => ({ detail: null }),
    remediation: { input: anInput({ certificateKeys: ['csr-1'] }) },
  });

  await restart();

  expect(await journal.load(ID)).toMatchObject({ certificateKeys: ['csr-1'] });
});

test('a restart that was taken waits for the first look that can show its new run, and looks no sooner', async () => {
  const { store, restart } = await atTheDoor({ readInstance: async () => ({ detail: null }) });

  expect(await restart()).toBe(false);

  const nextAt = NOON + aPolicy().resolve.settle;
  expect(await store.load(ID)).toMatchObject({ phase: 'resolving', awaitsLook: true, nextAt });
});
