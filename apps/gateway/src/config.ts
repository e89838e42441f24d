import { hkdfSync } from 'node:crypto';
import { isIP } from 'node:net';
import { emailSchema } from '@ringback/contracts';
import { commonConfigShape, kafkaConfigShape, loadConfig, portSetting, topicConfigShape } from '@ringback/service-runtime';
import { z } from 'zod';

const serviceUrl = (example: string) =>
  z.url({ protocol: /^https?$/, message: `must be a URL such as ${example}` }).transform((url) => url.replace(/\/+$/, ''));

/** @returns addresses and networks, as they were given. */
function parseNetworks(list: string, context: z.RefinementCtx): string[] {
  const networks = list
    .split(',')
    .map((network) => network.trim())
    .filter((network) => network !== '');
  for (const network of networks) {
    const [address = '', bits, more] = network.split('/');
    const family = isIP(address);
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (family === 4 ? 32 : 128));
    if (family === 0 || !fits || more !== undefined)
      context.addIssue({ code: 'custom', message: `"${network}" is no address or network: give it as 10.0.0.7 or 10.0.0.0/8` });
  }
  return networks;
}

/** An origin as browsers send it: scheme, host, and the port where it is not the scheme's own. */
function parseOrigins(list: string, context: z.RefinementCtx): string[] {
  const origins = list
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
  for (const origin of origins)
    if (!/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin)
      context.addIssue({
        code: 'custom',
        message: `"${origin}" is no origin: give it as https://host or https://host:port, without a path`,
      });
  return origins;
}

const shape = {
  ...commonConfigShape,
  PORT: portSetting(8080),
  OFFERS_URL: serviceUrl('http://127.0.0.1:8081'),
  CONVERSIONS_URL: serviceUrl('http://127.0.0.1:8082'),
  DISPATCHER_URL: serviceUrl('http://127.0.0.1:8083'),
  /** Longest wait for a service's answer, in ms. Above the 13 s that conversions-service may wait for its configuration. */
  UPSTREAM_TIMEOUT_MS: z.coerce.number().int().min(100).max(120_000).default(20_000),
  /** Signs the session tokens of users. Default: a key derived from SERVICE_TOKEN_SECRET. Set it, and no service can make sessions. */
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters: make one with `openssl rand -hex 32`').optional(),
  /**
   * Proxies before the gateway, whose `X-Forwarded-For` is believed: addresses and networks, with commas between. Without it all that comes
   * through a proxy has the proxy's address: in the audit log, and for the waits after failed sign-ins, which then are everybody's.
   */
  TRUSTED_PROXIES: z.string().transform(parseNetworks).prefault(''),
  /** Whether the session's cookie goes over TLS only. `false` for a browser that reaches the gateway by plain HTTP, as on one machine. */
  SECURE_COOKIES: z.enum(['true', 'false'], 'must be true or false').default('true'),
  /** Requests a second of one address, and of one API key or session, in the long run; ten times that at once. 0: as many as come. */
  RATE_LIMIT_PER_ADDRESS: z.coerce.number().int().min(0).max(1_000_000).default(2_000),
  RATE_LIMIT_PER_CALLER: z.coerce.number().int().min(0).max(1_000_000).default(600),
  /** Origins whose pages may call the API from a browser, e.g. `https://admin.example.com`, separated by commas. Default none. */
  CORS_ALLOWED_ORIGINS: z.string().transform(parseOrigins).prefault(''),
  /** The admin who exists from the start. */
  ADMIN_EMAIL: z.email('must be an email address').max(254).pipe(emailSchema),
  ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').max(1024),
  /** An API key with the role admin that exists from the start. Hashed without salt, so it must be random. */
  BOOTSTRAP_API_KEY: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9._~+/-]{32,}=*$/, 'must be at least 32 of A-Z a-z 0-9 . _ ~ + / -: make one with `openssl rand -hex 32`'),
};

export type GatewayConfig = ReturnType<typeof readConfig>;

/** @throws {ConfigError} naming every setting that cannot be used. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const config = loadConfig(shape, env);
  return { ...config, SESSION_SECRET: config.SESSION_SECRET ?? derive(config.SERVICE_TOKEN_SECRET, 'session tokens') };
}

/** HKDF (RFC 5869): knowing the derived key tells nothing about the secret. */
function derive(secret: string, purpose: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', `ringback ${purpose}`, 32)).toString('hex');
}

/** What announcing every key anew needs. @throws {ConfigError} */
export function readRepublishConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL, ...topicConfigShape, ...kafkaConfigShape }, env);
}

/** What the migrations need. @throws {ConfigError} */
export function readMigrationConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return loadConfig({ DATABASE_URL: commonConfigShape.DATABASE_URL }, env);
}
