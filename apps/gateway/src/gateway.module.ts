import type { DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Logger } from '@ringback/service-runtime';
import type pg from 'pg';
import { AccountsStore } from './access/accounts.store.js';
import { Authenticator } from './access/authenticator.js';
import type { PasswordHasher } from './access/password-hasher.js';
import { SessionTokens } from './access/session-token.js';
import { AuditLog } from './audit/audit-log.store.js';
import { installAuditTrail } from './audit/audit-trail.js';
import { installConsolePages } from './http/console-pages.js';
import { endpointsOf } from './http/endpoint.js';
import { EdgeLimits, type EdgeLimitSettings } from './http/edge-limits.js';
import { allowOrigins } from './http/allow-origins.js';
import { installHttpEdge } from './http/http-edge.js';
import { parseJsonBody } from './http/json-body.js';
import { ApiKeys, type KeyPublisher } from './keys/api-keys.service.js';
import { describeApi } from './openapi/describe-api.js';
import { OPENAPI_DOCUMENT } from './openapi/openapi-document.js';
import { addReferencePage } from './openapi/reference-page.js';
import { Passwords } from './people/passwords.service.js';
import { Users } from './people/users.service.js';
import { controllers } from './routes/controllers.js';
import { RefreshCookie } from './sessions/refresh-cookie.js';
import { Sessions } from './sessions/sessions.service.js';
import { SignIn } from './sessions/sign-in.js';
import { SignInDelays } from './sessions/sign-in-delays.js';
import { CallbackTest } from './upstream/callback-test.js';
import { ConversionDeliveries } from './upstream/conversion-deliveries.js';
import { ConversionExplanations } from './upstream/conversion-explanations.js';
import { DeadLetters } from './upstream/dead-letters.js';
import { Forwarder } from './upstream/forwarder.js';
import { PreviewConversion } from './upstream/preview-conversion.js';
import type { UpstreamClient } from './upstream/upstream-client.js';

export interface GatewayParts {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly hasher: PasswordHasher;
  readonly upstream: UpstreamClient;
  readonly sessionSecret: string;
  /** Publishes the outbox. */
  readonly publisher: KeyPublisher;
  /** Full name of `gateway.api-keys`. */
  readonly apiKeysTopic: string;
  /** Whether cookies go over TLS only. */
  readonly secureCookies: boolean;
  /** Default: none. */
  readonly limits?: EdgeLimitSettings;
  /** Origins whose pages may read answers; default none. */
  readonly allowedOrigins?: readonly string[];
  readonly now?: () => number;
  /** The console's build; default: where the workspace builds it. */
  readonly consoleFolder?: string;
}

class GatewayModule {}

/** Wires the gateway. Whoever made the parts closes them. */
export function gatewayModule(parts: GatewayParts): DynamicModule {
  const { pool, logger, hasher, now = Date.now } = parts;
  const accounts = new AccountsStore(pool);
  const tokens = new SessionTokens(parts.sessionSecret, now);
  const audit = new AuditLog(pool);
  const delays = new SignInDelays(pool, now);
  const sessions = new Sessions({ pool, tokens, now, logger });
  const forwarder = new Forwarder(parts.upstream, parts.logger);
  const previewConversion = new PreviewConversion(forwarder);
  const endpoints = controllers.flatMap(endpointsOf);
  return {
    module: GatewayModule,
    controllers,
    providers: [
      { provide: AuditLog, useValue: audit },
      { provide: Sessions, useValue: sessions },
      { provide: SignIn, useValue: new SignIn({ pool, accounts, hasher, delays, sessions, audit }) },
      { provide: RefreshCookie, useValue: new RefreshCookie(parts.secureCookies) },
      { provide: Passwords, useValue: new Passwords({ pool, hasher, delays, now }) },
      { provide: Users, useValue: new Users(pool, now) },
      { provide: ApiKeys, useValue: new ApiKeys({ pool, publisher: parts.publisher, topic: parts.apiKeysTopic, now }) },
      { provide: Forwarder, useValue: forwarder },
      { provide: ConversionDeliveries, useValue: new ConversionDeliveries(forwarder, parts.logger) },
      { provide: ConversionExplanations, useValue: new ConversionExplanations(forwarder, parts.logger) },
      { provide: DeadLetters, useValue: new DeadLetters(forwarder) },
      { provide: PreviewConversion, useValue: previewConversion },
      { provide: CallbackTest, useValue: new CallbackTest(forwarder, previewConversion) },
      { provide: OPENAPI_DOCUMENT, useValue: describeApi() },
      {
        // Made with the module, so before Nest registers the routes that the edge watches.
        provide: 'HTTP_EDGE',
        inject: [HttpAdapterHost],
        useFactory: ({ httpAdapter }: HttpAdapterHost<FastifyAdapter>) => {
          const fastify = httpAdapter.getInstance();
          fastify.removeContentTypeParser('application/json');
          httpAdapter.useBodyParser('application/json', false, undefined, (_request, bytes, done) =>
            done(null, parseJsonBody(bytes as Buffer)),
          );
          allowOrigins(fastify, parts.allowedOrigins ?? []);
          installHttpEdge(
            fastify,
            new Authenticator(accounts, tokens),
            endpoints,
            new EdgeLimits(parts.limits ?? { perAddress: 0, perCaller: 0 }),
          );
          installAuditTrail(fastify, audit, endpoints, logger);
          addReferencePage(fastify);
          installConsolePages(fastify, parts.consoleFolder);
          return true;
        },
      },
    ],
  };
}
