import type { Field } from '../query/compile-query.ts';
import { listItems } from '../query/list-items.ts';
import { guidFrom } from '../world/random.ts';
import type { DataMap, Definition, DefinitionVersion, Step, World } from '../world/types.ts';
import { badArgument, notFound } from './api-error.ts';
import type { Answer, Exchange } from './exchange.ts';
import { PERMISSIONS, type Route } from './routes.ts';

const DEFINITION_FIELDS: readonly Field<Definition>[] = [
  { name: 'DisplayName', kind: 'text', get: ({ displayName }) => displayName },
  { name: 'Id', kind: 'text', get: ({ id }) => id },
  { name: 'Key', kind: 'text', get: ({ key }) => key },
  { name: 'KeyDisplayName', kind: 'text', get: ({ keyDisplayName }) => keyDisplayName },
  { name: 'WorkflowType', kind: 'text', get: ({ workflowType }) => workflowType },
  { name: 'DraftVersion', kind: 'integer', get: ({ draftVersion }) => draftVersion },
  { name: 'PublishedVersion', kind: 'integer', get: ({ publishedVersion }) => publishedVersion },
  { name: 'Enabled', kind: 'boolean', get: ({ enabled }) => (enabled ? 1 : 0) },
];

const needs = [[PERMISSIONS.readDefinitions]];

export function definitionRoutes(world: World): Route[] {
  const list = { prefix: 'query', fields: DEFINITION_FIELDS, items: world.definitions, defaultSort: 'DisplayName' };
  return [
    {
      name: 'definitions',
      method: 'GET',
      path: 'Workflow/Definitions',
      needs,
      answer: (exchange) =>
        listItems(world, exchange, { ...list, render: (definition) => renderSummary(world, definition, exchange) }),
    },
    {
      name: 'definitionTypes',
      method: 'GET',
      path: 'Workflow/Definitions/Types',
      needs,
      answer: (exchange) => answerTypes(world, exchange),
    },
    {
      name: 'definition',
      method: 'GET',
      path: 'Workflow/Definitions/{id}',
      needs,
      answer: (exchange) => answerDefinition(world, exchange),
    },
  ];
}

/** Without a version the latest, possibly a draft (API reference, 6). */
function answerDefinition(world: World, exchange: Exchange): Answer {
  const wanted = (exchange.parameters['id'] ?? '').toLowerCase();
  const definition = world.definitions.find(({ id }) => id === wanted);
  if (!definition) throw notFound(`Workflow definition ${wanted} was not found.`);
  const given = [...exchange.search].find(([name]) => name.toLowerCase() === 'definitionversion')?.[1];
  if (given !== undefined && !/^\d{1,6}$/.test(given))
    throw badArgument(`The value '${given}' is not valid for definitionVersion.`);
  const number = given === undefined ? definition.draftVersion : Number(given);
  const version = definition.versions.find((one) => one.version === number);
  if (!version) throw notFound(`Version ${number} of workflow definition ${wanted} was not found.`);
  return {
    status: 200,
    body: {
      ...renderSummary(world, definition, exchange),
      Description: definition.description,
      IsPublished: definition.publishedVersion === number,
      Steps: renderSteps(world, version, exchange),
    },
  };
}

function renderSummary(world: World, definition: Definition, exchange: Exchange): DataMap {
  const { key, keyDisplayName } = definition;
  const keys = isVersion2(world, exchange)
    ? { Keys: [{ DisplayName: keyDisplayName, Value: key }] }
    : { Key: key, KeyDisplayName: keyDisplayName };
  return {
    Id: definition.id,
    DisplayName: definition.displayName,
    ...keys,
    WorkflowType: definition.workflowType,
    DraftVersion: definition.draftVersion,
    PublishedVersion: definition.publishedVersion,
    ...(majorOf(world) >= 25 ? { Enabled: definition.enabled } : {}),
  };
}

function renderSteps(world: World, { steps }: DefinitionVersion, exchange: Exchange): DataMap[] {
  return steps.map((step, index) => {
    const next = steps[index + 1];
    return {
      Id: step.id,
      DisplayName: step.displayName,
      UniqueName: step.uniqueName,
      ExtensionName: step.extension,
      Enabled: true,
      ConfigurationParameters: step.parameters,
      Signals: renderSignals(step, isVersion2(world, exchange)),
      Conditions: [],
      Outputs: next ? { continue: next.uniqueName } : {},
    };
  });
}

function renderSignals({ signal }: Step, isSecondVersion: boolean): DataMap[] {
  if (!signal) return [];
  const roles = signal.roles.map((name) => ({ RoleId: roleIdOf(name), RoleName: name }));
  const who = isSecondVersion ? { Roles: roles } : { RoleIds: roles.map(({ RoleId }) => RoleId) };
  return [{ SignalName: signal.name, ...who }];
}

/** Roles have integer ids; here they depend on the name only. */
function roleIdOf(name: string): number {
  return Number.parseInt(guidFrom(0, `role:${name}`).slice(0, 4), 16);
}

/** A step that Command adds by itself (API reference, 6). */
const ENROLL_STEP: DataMap = {
  DisplayName: 'Enroll',
  ExtensionName: 'EnrollStep',
  Outputs: ['continue'],
  ConfigurationParametersDefinition: {},
  SignalsDefinition: {},
};

function answerTypes(world: World, exchange: Exchange): Answer {
  const types = [
    ...new Set(['Enrollment', 'Revocation', ...world.definitions.map(({ workflowType }) => workflowType)]),
  ];
  return listItems(world, exchange, {
    prefix: 'query',
    fields: [{ name: 'WorkflowType', kind: 'text', get: (type: string) => type }],
    items: types,
    defaultSort: 'WorkflowType',
    render: (type) => ({
      WorkflowType: type,
      KeyType: type === 'Enrollment' || type === 'Revocation' ? 'Template' : 'Collection',
      ContextParameters: ['CertificateAuthority', 'Template', 'Subject'],
      BuiltInSteps: type === 'Enrollment' ? [ENROLL_STEP] : [],
    }),
  });
}

/** Version 2 of the endpoint exists in 25 (API reference, 6). */
function isVersion2(world: World, { apiVersion }: Exchange): boolean {
  return apiVersion === 2 && majorOf(world) >= 25;
}

function majorOf(world: World): number {
  return Number.parseInt(world.version, 10);
}
