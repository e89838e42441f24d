import { endpointsOf } from '../http/endpoint.js';
import { controllers } from '../routes/controllers.js';
import { INPUT_SCHEMAS, OUTPUT_SCHEMAS } from '../routes/named-schemas.js';
import { ComponentSchemas } from './component-schemas.js';
import { createOpenApiDocument, type OpenApiDocument } from './openapi-document.js';

/** The API's version, as the description tells it. */
const API_VERSION = '0.1.0';

/** @returns the description of the whole API, as `GET /v1/openapi.json` answers it and `docs/openapi.json` keeps it. */
export function describeApi(): OpenApiDocument {
  return createOpenApiDocument(controllers.flatMap(endpointsOf), new ComponentSchemas(INPUT_SCHEMAS, OUTPUT_SCHEMAS), API_VERSION);
}
