import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApiDocument, eventJsonSchemas } from '@ringback/contracts';
import { WORKSPACE } from '@ringback/testbed';

/** Writes the documents that are generated from the code: `npm run documents`. A spec fails while they are not what the code says. */
const { version } = JSON.parse(readFileSync(join(WORKSPACE, 'package.json'), 'utf8')) as { version: string };
const schemas = join(WORKSPACE, 'libs/contracts/schemas');
mkdirSync(schemas, { recursive: true });
for (const [type, schema] of Object.entries(eventJsonSchemas())) writeJson(join(schemas, `${type}.json`), schema);
writeJson(join(WORKSPACE, 'docs/asyncapi.json'), asyncApiDocument(version));

function writeJson(path: string, content: object): void {
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
}
