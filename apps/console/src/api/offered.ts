import type { paths } from './schema.js';

/** The routes that `docs/openapi.json` has: written in by the build. */
declare const OFFERED_ROUTES: readonly string[];

const routes = new Set<string>(OFFERED_ROUTES);

/** @returns whether the API has the route: what it does not offer has no place on any screen. */
export function isOffered(route: keyof paths): boolean {
  return routes.has(route);
}
