import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Answer } from './network.js';

interface Reference {
  readonly $ref: string;
}
interface ResponseObject {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}
interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, ResponseObject | Reference> }>>>>;
  readonly components: { readonly responses: Readonly<Record<string, ResponseObject>> };
}

/** An answer that the API's own description does not allow. */
export class UndocumentedAnswerError extends Error {
  override readonly name = 'UndocumentedAnswerError';
}

/** The gateway's OpenAPI document, as a judge of its answers. Routes are known from the document alone: a new one is checked as it comes. */
export class ApiContract {
  readonly #document: OpenApiDocument;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<object, ValidateFunction>();
  readonly #templates: { readonly path: string; readonly pattern: RegExp }[];

  constructor(document: OpenApiDocument) {
    // References lead into the document from anywhere.
    this.#document = JSON.parse(JSON.stringify(document).replaceAll('"#/components/', '"document#/components/')) as OpenApiDocument;
    (formats as unknown as (ajv: Ajv2020) => void)(this.#ajv);
    this.#ajv.addSchema({ components: this.#document.components }, 'document');
    // Literal segments before parameters: `/v1/conversions/batch` is no id.
    this.#templates = Object.keys(document.paths)
      .toSorted((one, other) => one.split('{').length - other.split('{').length)
      .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`) }));
  }

  /** Reads the document of a running gateway. */
  static async read(baseUrl: string): Promise<ApiContract> {
    const answer = await fetch(`${baseUrl}/v1/openapi.json`, { signal: AbortSignal.timeout(30_000) });
    return new ApiContract((await answer.json()) as OpenApiDocument);
  }

  /** @throws {UndocumentedAnswerError} naming the request, the answer, and what the document says of it. */
  check(method: string, target: string, answer: Answer): void {
    const wrong = this.#complaint(method === 'HEAD' ? 'GET' : method, target.split('?', 1)[0]!, answer, method === 'HEAD');
    if (wrong === null) return;
    const body = JSON.stringify(answer.body)?.slice(0, 2_000);
    throw new UndocumentedAnswerError(`${method} ${target} answered ${answer.status}, but ${wrong}. The answer: ${body}`);
  }

  #complaint(method: string, path: string, answer: Answer, isHead: boolean): string | null {
    if (path.startsWith('/health/') || path === '/metrics') return null;
    const templates = this.#templates.filter(({ pattern }) => pattern.test(path));
    const operation = templates.map((template) => this.#document.paths[template.path]![method.toLowerCase()]).find(Boolean);
    if (operation === undefined) {
      // What is no route has no answers of its own: a problem that says so.
      const allowed = templates.length > 0 ? [405] : [400, 404];
      if (!allowed.includes(answer.status)) return `the document knows no such route, so ${allowed.join(' or ')} was to be expected`;
      return this.#fits(this.#document.components.responses['NotFound']!, answer);
    }
    const documented = operation.responses[answer.status];
    if (documented === undefined) return `the document knows only ${Object.keys(operation.responses).join(', ')}`;
    if (isHead) return null;
    return this.#fits('$ref' in documented ? this.#response(documented.$ref) : documented, answer);
  }

  #fits({ content, headers }: ResponseObject, answer: Answer): string | null {
    const missing = Object.keys(headers ?? {}).filter((name) => isPromised(name) && answer.headers[name.toLowerCase()] === undefined);
    if (missing.length > 0) return `it has no header ${missing.join(', ')}`;
    if (content === undefined) return answer.body === '' ? null : 'the document knows of no body';
    const mediaType = String(answer.headers['content-type'] ?? '').split(';', 1)[0]!;
    const schema = content[mediaType]?.schema;
    if (content[mediaType] === undefined) return `its type is "${mediaType}", and the document knows ${Object.keys(content).join(', ')}`;
    if (schema === undefined || !mediaType.endsWith('json')) return null;
    const validate = this.#validator(schema);
    if (validate(answer.body)) return null;
    const errors = validate.errors!.slice(0, 5).map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`);
    return `its body is not as documented: ${errors.join('; ')}`;
  }

  #response(reference: string): ResponseObject {
    return this.#document.components.responses[reference.slice(reference.lastIndexOf('/') + 1)]!;
  }

  #validator(schema: object): ValidateFunction {
    let validate = this.#validators.get(schema);
    if (validate === undefined) this.#validators.set(schema, (validate = this.#ajv.compile(schema)));
    return validate;
  }
}

/** Sent with every answer of its kind; `Retry-After` and the like only where there is something to say. */
function isPromised(header: string): boolean {
  return ['etag', 'location', 'www-authenticate'].includes(header.toLowerCase());
}
