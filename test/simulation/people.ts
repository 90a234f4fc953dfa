import { guid } from '../support/builders.ts';
import type { History } from './history.ts';
import type { Plan } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { AuthorityTruth, CommandServer, DefinitionTruth, Failing, InstanceTruth, Wish } from './server.ts';

const MINUTE = 60_000;

const DEFINITIONS: readonly DefinitionTruth[] = [
  { id: guid(0xd1), name: 'Web server', type: 'Enrollment', step: 'Enroll Certificate', isApproved: false },
  { id: guid(0xd2), name: 'Code signing', type: 'Enrollment', step: 'Enroll Certificate', isApproved: true },
  { id: guid(0xd3), name: 'Revocation', type: 'Revocation', step: 'Revoke Certificate', isApproved: false },
];

interface SceneParts {
  readonly server: CommandServer;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly plan: Plan;
  readonly start: number;
}

/** The authorities with their outages, and the requests of this world. */
export function setTheScene({ server, scheduler, random, plan, start }: SceneParts): {
  readonly authorities: readonly AuthorityTruth[];
  readonly wishes: readonly Wish[];
} {
  const authorities = [1, 2].map((id): AuthorityTruth => ({
    id,
    name: `ca0${id}.example.com\\Issuing CA ${id}`,
    outages: [],
    test:
      plan.isFriendly || random.chance(0.7) ? 'true' : random.pick(['never good', 'always good', 'refused'] as const),
    deadForm: plan.isFriendly ? 'false' : random.pick(['false', 'slow', 'http500', 'hang'] as const),
    lastGoodAt: null,
  }));
  for (let number = 0; number < plan.outages; number++) {
    const from = start + random.between(-20 * MINUTE, plan.faultsMs - 15 * MINUTE);
    const to = Math.min(start + plan.faultsMs, from + random.between(2, 40) * MINUTE);
    random.pick(authorities).outages.push({ from, to });
  }
  const wishes: Wish[] = [];
  const wish = (): Wish => {
    const number = wishes.length + 1;
    const definition = random.pick(DEFINITIONS);
    const made: Wish = {
      number,
      definition,
      subject: `host${number}.example.com`,
      ca: random.pick(authorities),
      failing: drawFailing(definition.type === 'Enrollment', random),
      isHopeless: random.chance(0.08),
      runs: 0,
    };
    wishes.push(made);
    return made;
  };
  for (let number = 0; number < plan.past; number++) server.submit(wish());
  for (let number = 0; number < plan.wishes; number++) {
    const asked = wish();
    // In a burst at a bad moment, or any time.
    const at = random.chance(0.5) ? random.between(MINUTE, 3 * MINUTE) : random.between(MINUTE, plan.faultsMs - MINUTE);
    scheduler.after(at, () => server.submit(asked));
  }
  return { authorities, wishes };
}

function drawFailing(isIssuing: boolean, random: Random): readonly (Failing | null)[] {
  const draw = random.next();
  if (draw < 0.35) return ['error'];
  if (draw < 0.45) return ['error', 'error'];
  if (draw < 0.5) return [isIssuing ? 'maybe' : 'error'];
  if (draw < 0.55) return [isIssuing ? 'issued' : 'error'];
  if (draw < 0.62) return ['mail'];
  if (draw < 0.66) return ['mail', 'mail', 'mail'];
  return [];
}

interface PeopleParts extends SceneParts {
  readonly history: History;
  readonly wishes: readonly Wish[];
}

/** Approvers do their work; other people do whatever comes to their minds. */
export function peopleAct(parts: PeopleParts): void {
  const { server, scheduler, random, plan, history } = parts;
  const approve = (): void => {
    for (const instance of server.instances.values()) {
      if (instance.status !== 'Suspended' || instance.isDeleted || !random.chance(0.4)) continue;
      if (!plan.isFriendly && random.chance(0.1)) server.reject(instance);
      else server.approve(instance);
      history.note(`a person answers ${instance.id}: ${instance.status}`, instance.id);
    }
    scheduler.after(3 * MINUTE, approve);
  };
  approve();
  for (let number = 0; number < plan.faults.people; number++)
    scheduler.after(random.between(2 * MINUTE, plan.faultsMs), () => actOnce(parts));
}

function actOnce({ server, random, history }: PeopleParts): void {
  const instances = [...server.instances.values()].filter(({ isDeleted }) => !isDeleted);
  if (instances.length === 0) return;
  const failed = instances.filter(({ status }) => status === 'Failed');
  const instance: InstanceTruth =
    failed.length > 0 && random.chance(0.8) ? random.pick(failed) : random.pick(instances);
  const act = random.pick(['restart', 'restart', 'delete', 'resubmit', 'resubmit', 'stop'] as const);
  history.note(`a person: ${act} ${instance.id} (${instance.status})`, instance.id);
  switch (act) {
    case 'restart': {
      const { newId } = server.restart(instance.id, 'person');
      if (newId !== null) history.note(`server: ${instance.id} becomes ${newId}`, instance.id, newId);
      break;
    }
    case 'delete':
      server.remove(instance);
      break;
    case 'stop':
      server.reject(instance);
      break;
    case 'resubmit': {
      const again = server.submit(instance.wish, 'person', random.chance(0.4) ? instance.csr : undefined);
      history.note(`server: new request ${again.id}, equal to ${instance.id}`, instance.id, again.id);
    }
  }
}
