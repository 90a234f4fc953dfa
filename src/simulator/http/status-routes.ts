import type { DataMap, World } from '../world/types.ts';
import { notFound } from './api-error.ts';
import { renderDate } from './render.ts';
import { mayUse, type Route } from './routes.ts';

/** Health, licence, and the endpoints that the caller may use; `routes` are all of them. */
export function statusRoutes(world: World, routes: () => readonly Route[]): Route[] {
  return [
    {
      name: 'status',
      method: 'GET',
      path: 'Status/Endpoints',
      needs: [],
      answer: ({ user }) => ({
        status: 200,
        body: routes()
          .filter((route) => mayUse(route, user))
          .map(({ method, path }) => `${method} /${path}`),
      }),
    },
    {
      name: 'health',
      method: 'GET',
      path: 'Status/HealthCheck',
      needs: [],
      answer() {
        // Not in 10 and 11 (API reference, 8).
        if (Number.parseInt(world.version, 10) < 25)
          throw notFound('No HTTP resource was found that matches the request.');
        return { status: 204 };
      },
    },
    {
      name: 'license',
      method: 'GET',
      path: 'License',
      needs: [],
      answer: () => ({
        status: 200,
        body: { KeyfactorVersion: world.version, LicenseData: renderLicense(world) },
      }),
    },
  ];
}

function renderLicense(world: World): DataMap {
  const [major = '', minor = '0'] = world.version.split('.');
  const product = { ProductId: 'command', DisplayName: 'Keyfactor Command', MajorRev: major, MinorRev: minor };
  return {
    LicenseId: 'simulated',
    Customer: { Name: 'Key Example', Id: '1' },
    IssuedDate: renderDate(world.startedAt, world.knobs),
    ExpirationDate: null,
    LicensedProducts: [{ ...product, LicensedFeatures: [] }],
  };
}
