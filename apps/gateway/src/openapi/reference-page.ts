import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const PAGE = '/v1/docs';

/** No inline script or style, nothing from elsewhere; the page asks for `/v1/openapi.json` and shows it. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Ringback API</title>
    <link rel="stylesheet" href="${PAGE}/swagger-ui.css">
  </head>
  <body>
    <main id="reference"></main>
    <script src="${PAGE}/swagger-ui-bundle.js"></script>
    <script src="${PAGE}/start.js"></script>
  </body>
</html>
`;

/** Tokens that are typed in stay in the page's memory. */
const START = `SwaggerUIBundle({ url: '/v1/openapi.json', dom_id: '#reference', persistAuthorization: false, validatorUrl: null });
`;

const FROM_PACKAGE = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

/** @returns whether a route belongs to the reference page, which is open to anyone, as the description is. */
export function isReferencePage(url: string | undefined): boolean {
  return url !== undefined && (url === PAGE || url.startsWith(`${PAGE}/`));
}

/** Serves `GET /v1/docs`: Swagger UI, from its npm package, around the description. */
export function addReferencePage(fastify: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  fastify.get(PAGE, (_, reply) => reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(HTML));
  fastify.get(`${PAGE}/start.js`, (_, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [file, type] of Object.entries(FROM_PACKAGE))
    fastify.get(`${PAGE}/${file}`, async (_, reply) => reply.type(type).send(await readFile(join(folder, file))));
}
