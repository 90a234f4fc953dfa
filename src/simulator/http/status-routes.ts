import type { World } from '../world/types.ts';
import { notFound } from './api-error.ts';
import type { Route } from './routes.ts';

export function statusRoutes(world: World, routes: () => readonly Route[]): Route[] {
  const major = Number.parseInt(world.version, 10);
  return [
    {
      name: 'status',
      method: 'GET',
      path: 'Status/Endpoints',
      handle: () => ({ status: 200, body: routes().map(({ method, path }) => `${method} /${path}`) }),
    },
    {
      name: 'health',
      method: 'GET',
      path: 'Status/HealthCheck',
      handle() {
        if (major < 25) throw notFound('No HTTP resource was found that matches the request.');
        return { status: 204 };
      },
    },
    {
      name: 'license',
      method: 'GET',
      path: 'License',
      handle: () => ({
        status: 200,
        body: {
          KeyfactorVersion: world.version,
          LicenseData: { LicenseId: 'simulated', Customer: { Name: 'Key Example Inc', Id: 1 } },
        },
      }),
    },
  ];
}
