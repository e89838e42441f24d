import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Below this a compressed copy saves less than its headers cost, in bytes. */
const WORTH_COMPRESSING = 1_024;

/** Compressed copies beside each file, once at build time: the gateway only picks one. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    writeBundle({ dir }) {
      for (const entry of readdirSync(dir!, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        if (bytes.length < WORTH_COMPRESSING) continue;
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
      }
    },
  };
}

/** What the console shows depends on what the API offers. */
const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as { paths: object };

export default defineConfig({
  define: { OFFERED_ROUTES: JSON.stringify(Object.keys(paths)) },
  plugins: [react(), compressedCopies()],
  // `npx vite` in this folder, with a gateway beside it.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080' } },
  build: { target: 'es2024', reportCompressedSize: false, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
