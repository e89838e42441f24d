import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Where the console's build lies, from `src` and from `dist` alike. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../../console/dist', import.meta.url));

/** Paths that are never a page: what is unknown below them is a problem, whatever the client accepts. */
const NO_PAGE = /^\/(v1|health|metrics)(\/|$)/;

/**
 * What the console's pages may do: run its own scripts and talk to this gateway, nothing else. Styles may be inline: the component
 * library computes its colours and sizes into `<style>` elements and `style` attributes. No script ever may.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Names that carry a hash of what is in them never change what they hold; everything else is asked for again. */
const cacheControl = (file: string) => (file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');

/**
 * Serves the console's build at `/`. A path that is neither a route nor a file is the console's own (`/offers/7`) where a browser asks for
 * a page. Without a build the gateway runs all the same, and says at `/` what to do.
 */
export function installConsolePages(fastify: FastifyInstance, folder: string = CONSOLE_FOLDER): void {
  const files = filesIn(folder);
  const isBuilt = files.has('index.html');
  if (isBuilt) void fastify.register(fastifyStatic, { root: folder, serve: false, preCompressed: true, cacheControl: false });

  fastify.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    if (!request.is404 || (request.method !== 'GET' && request.method !== 'HEAD') || NO_PAGE.test(path)) return;
    const asksForPage = request.headers.accept?.includes('text/html') ?? false;
    const file = files.has(path.slice(1)) ? path.slice(1) : 'index.html';
    // A missing file is no page: a browser that asks for an old script must not be given HTML.
    if (file === 'index.html' && path !== '/' && !asksForPage) return;
    if (!isBuilt) {
      await reply
        .status(503)
        .type('text/plain; charset=utf-8')
        .send('The console is not built. Run `npm run build`, then start the gateway again.\n');
      return reply;
    }
    void reply.headers({ 'cache-control': cacheControl(file), 'content-security-policy': CONSOLE_POLICY });
    return reply.sendFile(file);
  });
}

/** Read once: what is built later is served by the next gateway. */
function filesIn(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Set(
      entries.map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll(sep, '/'),
      ),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set();
    throw error;
  }
}
