import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { asyncApiDocument, eventJsonSchemas } from '@ringback/contracts';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const root = join(import.meta.dirname, '../../../..');
const require = createRequire(import.meta.url);
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));

describe('the published documents', () => {
  const { version } = read('package.json') as { version: string };

  it('docs/asyncapi.json says what the code says (npm run documents)', () => {
    expect(read('docs/asyncapi.json')).toEqual(JSON.parse(JSON.stringify(asyncApiDocument(version))));
  });

  it('libs/contracts/schemas holds a schema for each event type, as the code says it (npm run documents)', () => {
    const schemas = eventJsonSchemas();
    const files = readdirSync(join(root, 'libs/contracts/schemas'));
    expect(files.sort()).toEqual(
      Object.keys(schemas)
        .map((type) => `${type}.json`)
        .sort(),
    );
    for (const [type, schema] of Object.entries(schemas))
      expect(read(`libs/contracts/schemas/${type}.json`)).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('docs/asyncapi.json is valid AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(require('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object);
    validate(read('docs/asyncapi.json'));
    expect(validate.errors ?? []).toEqual([]);
  });

  it('every JSON Schema compiles as draft 2020-12', () => {
    for (const schema of Object.values(eventJsonSchemas())) {
      const ajv = new Ajv2020({ strict: false });
      (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
      expect(typeof ajv.compile(schema)).toBe('function');
    }
  });
});
