import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';

const root = join(import.meta.dirname, '../../../..');

/** @returns each operation, and each named schema, as the generated file writes it. */
function declarationsIn(source: string): string[] {
  const [, schemas = ''] = source.split(/^ {2}schemas: \{$/m);
  const [, operations = ''] = source.split(/^export interface operations \{$/m);
  return [...operations.split(/\n(?= {2}\w+: \{\n)/), ...schemas.split(/^ {2}\};$/m)[0]!.split(/\n(?= {4}\w+: )/)]
    .map((declaration) => declaration.replace(/\n\}\s*$/, '').trim())
    .filter((declaration) => declaration !== '');
}

describe('the types of the API', () => {
  it('say what docs/openapi.json says (npm run documents)', async () => {
    const path = join(import.meta.dirname, 'schema.ts');
    const document = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as Parameters<typeof openapiTS>[0];
    const generated = await format(astToString(await openapiTS(document)), { ...(await resolveConfig(path)), parser: 'typescript' });
    const kept = readFileSync(path, 'utf8');
    const declarations = declarationsIn(generated);
    expect(declarations.length).toBeGreaterThan(60);
    expect(declarations.filter((declaration) => !kept.includes(declaration))).toEqual([]);
  });
});
