import createClient from 'openapi-fetch';
import { authorizedFetch } from '../session/authorized-fetch.js';
import type { paths } from './schema.js';

/** The public API, typed by its own description. The only way in which the console talks to anyone. */
export const api = createClient<paths>({ fetch: authorizedFetch });

/** Routes that are open to anyone: a refusal there is an answer, not the end of the session. */
export const openApi = createClient<paths>();

/** The header that makes an edit fail with 412 when the thing is no longer at this version. */
export function ifMatch(version: number): { header: { 'If-Match': string } } {
  return { header: { 'If-Match': `"${version}"` } };
}
