import { ScenarioError } from '../scenario/parse-scenario.ts';
import type { CaSpec } from '../scenario/schema.ts';
import { setCaMode } from './ca-calls.ts';
import type { CaMode, CertificateAuthority, World } from './types.ts';

const USUAL_TENANT = { dcom: 'keyexample.com', https: 'ejbca' } as const;

/** Builds the certificate authorities of a scenario. */
export function makeCas(specs: readonly CaSpec[]): CertificateAuthority[] {
  return specs.map(({ schedule, tenant, up, mode, ...spec }, index) => {
    const isAlone = specs.every((other) => other === specs[index] || other.name !== spec.name);
    const atStart = schedule.find(({ at }) => at === 0) ?? { up, mode };
    return {
      ...spec,
      id: index + 1,
      label: isAlone ? spec.name : `${spec.host}\\${spec.name}`,
      tenant: tenant ?? USUAL_TENANT[spec.type],
      mode: modeOf(atStart) ?? 'up',
      busy: 0,
    };
  });
}

/** `up` is the short form of the modes up and down. */
export function modeOf(change: { mode?: CaMode | undefined; up?: boolean | undefined }): CaMode | undefined {
  if (change.mode) return change.mode;
  if (change.up === undefined) return undefined;
  return change.up ? 'up' : 'down';
}

/** Lets the CAs go up and down as the scenario says. */
export function scheduleCas(world: World, specs: readonly CaSpec[]): void {
  for (const [index, { schedule }] of specs.entries()) {
    const ca = world.cas[index];
    for (const change of schedule) {
      const mode = modeOf(change);
      if (!mode) throw new ScenarioError([`cas.${index}.schedule: an entry needs up (true, false) or mode`]);
      if (ca && change.at > 0) world.clock.after(change.at, () => setCaMode(world, ca, mode));
    }
  }
}
