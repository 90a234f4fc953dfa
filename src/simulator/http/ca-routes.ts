import type { Field } from '../query/compile-query.ts';
import { listItems } from '../query/list-items.ts';
import type { CertificateAuthority, World } from '../world/types.ts';
import { notFound } from './api-error.ts';
import { testCa } from './ca-test.ts';
import { renderCa, renderConnectors } from './render-ca.ts';
import { PERMISSIONS, type Route } from './routes.ts';

const CA_FIELDS: readonly Field<CertificateAuthority>[] = [
  { name: 'Agent', kind: 'text', get: () => null },
  { name: 'ConfigurationTenant', kind: 'text', get: ({ tenant }) => tenant },
  { name: 'ForestRoot', kind: 'text', get: ({ tenant }) => tenant },
  { name: 'HostName', kind: 'text', get: ({ host }) => host },
  { name: 'Id', kind: 'integer', get: ({ id }) => id },
  { name: 'LogicalName', kind: 'text', get: ({ name }) => name },
];

const needs = [[PERMISSIONS.readCas]];

export function caRoutes(world: World): Route[] {
  const list = { prefix: 'pq', fields: CA_FIELDS, items: world.cas };
  return [
    {
      name: 'cas',
      method: 'GET',
      path: 'CertificateAuthority',
      needs,
      answer: (exchange) => listItems(world, exchange, { ...list, render: (ca) => renderCa(world, ca) }),
    },
    {
      name: 'connectors',
      method: 'GET',
      path: 'CertificateAuthority/CAConnectors',
      needs,
      answer() {
        if (!hasConnectors(world.version)) throw notFound('No HTTP resource was found that matches the request.');
        return { status: 200, body: renderConnectors(world) };
      },
    },
    {
      name: 'ca',
      method: 'GET',
      path: 'CertificateAuthority/{id}',
      needs,
      answer({ parameters }) {
        const ca = world.cas.find(({ id }) => String(id) === parameters['id']);
        if (!ca) throw notFound('The certificate authority was not found.');
        return { status: 200, body: renderCa(world, ca) };
      },
    },
    {
      name: 'caTest',
      method: 'POST',
      path: 'CertificateAuthority/Test',
      needs,
      answer: ({ body }) => testCa(world, body),
    },
  ];
}

/** Since 24.4 (API reference, 7). */
function hasConnectors(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 4);
}
