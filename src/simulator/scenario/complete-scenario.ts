import { DEFAULT_WORLD } from './default-world.ts';
import { checkScenario } from './parse-scenario.ts';
import type { Scenario, ScenarioInput } from './schema.ts';

/**
 * Lays a scenario over the default world: a part that it names replaces that part as a whole. The default instances
 * and the default traffic are made of default definitions and CAs, so own ones leave them out; own instances leave
 * the traffic out, too.
 * @throws ScenarioError
 */
export function completeScenario(input: ScenarioInput): Scenario {
  const given = checkScenario(input);
  const usual = checkScenario(DEFAULT_WORLD);
  const hasOwnParts = given.definitions !== undefined || given.cas !== undefined;
  const instances = given.instances ?? (hasOwnParts ? [] : usual.instances);
  const traffic = given.traffic ?? (hasOwnParts || given.instances !== undefined ? undefined : usual.traffic);
  return { ...usual, ...given, instances, traffic };
}
