import { applyDecorators, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { z } from 'zod';
import type { Permission } from '../access/permissions.js';
import type { OfferRelation } from '../access/scope.js';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An answer by its status. `schema` null: no body. */
export interface EndpointAnswer {
  readonly description: string;
  readonly schema: z.ZodType | null;
  readonly headers?: readonly ('ETag' | 'Location')[];
  /** Default: that of the schema (`schema-examples.ts`). */
  readonly example?: unknown;
  /** Each with its example; of a line, like the schema, where the media type has many. Default `application/json` with `example`. */
  readonly mediaTypes?: Readonly<Record<string, unknown>>;
}

/**
 * Everything there is to say about one route, said once: Nest routes by it, {@link ../http/http-edge.ts} checks requests by it, and the
 * OpenAPI document is generated from it.
 */
export interface EndpointDeclaration {
  readonly method: HttpMethod;
  /** As Nest writes it, `/v1/offers/:offerId`. Parameters are those of `path-parameters.ts`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What the caller's role must allow; `user`: whoever is signed in, but no key; or `anyone` for the few open routes. */
  readonly access: Permission | 'user' | 'anyone';
  /** How what it is about belongs to offers: decides what callers limited to some offers get. */
  readonly scope: OfferRelation;
  /**
   * Whether the audit log has it. Default: all but GET. `people`: when a user does it, since what keys do a million times has a history of
   * its own; `itself`: the handler writes the entry; `never`: it changes nothing.
   */
  readonly audit?: 'people' | 'itself' | 'never';
  /** Where what is about to be changed can be read, in words of the path: what the audit log shows as `before`. */
  readonly before?: string;
  /** Unknown parameters are refused. Without it, the route has no query at all. */
  readonly query?: z.ZodObject;
  /** Request headers that mean something here. */
  readonly headers?: readonly ('If-Match' | 'Idempotency-Key')[];
  /** `schema` documents the body; who checks it is the owner of the data. */
  readonly body?: { readonly schema: z.ZodType; readonly example?: unknown };
  /** Larger bodies are answered 413. Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  readonly answers: Readonly<Record<number, EndpointAnswer>>;
  /** Statuses of problems beside those that follow from the rest of the declaration. */
  readonly problems?: readonly (401 | 403 | 404 | 409 | 410 | 412 | 422 | 429)[];
}

const ENDPOINT = 'ringback:endpoint';

/** Makes a controller's method the handler of a route. */
export function Endpoint(declaration: EndpointDeclaration): MethodDecorator {
  return applyDecorators(
    RequestMapping({ method: RequestMethod[declaration.method], path: declaration.path }),
    RouteConfig({ endpoint: declaration }),
    SetMetadata(ENDPOINT, declaration),
  );
}

/** A route's declaration with the name of its handler, which is unique over all controllers. */
export interface DeclaredEndpoint extends EndpointDeclaration {
  readonly operationId: string;
}

/** @returns the declarations of a controller. @throws {Error} for a route that was declared without {@link Endpoint}. */
export function endpointsOf(controller: abstract new (...args: never[]) => object): DeclaredEndpoint[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((method) => {
    const handler = prototype[method];
    if (typeof handler !== 'function' || method === 'constructor') return [];
    const declaration = Reflect.getMetadata(ENDPOINT, handler) as EndpointDeclaration | undefined;
    if (declaration !== undefined) return [{ ...declaration, operationId: method }];
    if (Reflect.hasMetadata('path', handler))
      throw new Error(`${controller.name}.${method} is a route without @Endpoint: declare its access`);
    return [];
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    endpoint?: EndpointDeclaration;
  }
}
