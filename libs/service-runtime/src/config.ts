import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { databaseUrl } from './database-url.js';
import { kafkaConfigShape, topicConfigShape } from './kafka-settings.js';
import { tracingConfigShape } from './tracing.js';

const tokenSecret = z.string().min(32, 'must have at least 32 characters: make one with `openssl rand -hex 32`');

/** Settings that every service reads. An app's `config.ts` spreads it and adds its own. */
export const commonConfigShape = {
  DATABASE_URL: databaseUrl,
  ...kafkaConfigShape,
  ...topicConfigShape,
  ...tracingConfigShape,
  HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  /** Names this process in leases and logs; must differ between processes. */
  INSTANCE_ID: z
    .string()
    .min(1)
    .max(100)
    .default(() => randomBytes(6).toString('hex')),
  /** Signs and checks the tokens between services. */
  SERVICE_TOKEN_SECRET: tokenSecret,
  /** What SERVICE_TOKEN_SECRET was before: still taken while services and gateway are brought to a new one. */
  SERVICE_TOKEN_SECRET_PREVIOUS: tokenSecret.optional(),
};

/** A TCP port setting with its default. */
export function portSetting(defaultPort: number) {
  return z.coerce.number().int().min(0).max(65_535).default(defaultPort);
}

/**
 * Reads settings from the environment. Empty values count as unset.
 * @throws {ConfigError} naming every variable that cannot be used.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.keys(shape).flatMap((key) => (env[key] ? [[key, env[key]]] : [])));
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const variable = issue.path.join('.');
    return given[variable] === undefined ? `${variable} is not set: ${hint(issue)}` : `${variable}: ${issue.message}`;
  });
  throw new ConfigError(lines.join('\n'));
}

function hint(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? 'give it a value in the environment' : issue.message;
}
