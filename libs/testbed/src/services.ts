/** The services of the system, in the order in which they are started. They are stopped the other way round, intake first. */
export const SERVICES = ['offers-service', 'conversions-service', 'dispatcher-service', 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** In order of stopping: what takes requests goes first, and the one that delivers goes last, when nothing feeds it any more. */
export const STOP_ORDER = [
  'gateway',
  'conversions-service',
  'offers-service',
  'dispatcher-service',
] as const satisfies readonly ServiceName[];

/** What the whole system shares. */
export interface SystemSettings {
  databaseUrl: string;
  brokers: string;
  topicPrefix: string;
  serviceTokenSecret: string;
  masterKey: string;
  adminEmail: string;
  adminPassword: string;
  bootstrapApiKey: string;
  ports: Readonly<Record<ServiceName, number>>;
}

/** @returns the environment of one service: what it needs and no more; only those that open secrets get the master key. */
export function serviceEnvironment(service: ServiceName, s: SystemSettings): Record<string, string> {
  const common = {
    NODE_ENV: 'production',
    DATABASE_URL: s.databaseUrl,
    KAFKA_BROKERS: s.brokers,
    TOPIC_PREFIX: s.topicPrefix,
    SERVICE_TOKEN_SECRET: s.serviceTokenSecret,
  };
  switch (service) {
    case 'offers-service':
      return { ...common, MASTER_KEY: s.masterKey };
    case 'dispatcher-service':
      return { ...common, MASTER_KEY: s.masterKey, CONVERSIONS_URL: urlOf('conversions-service', s) };
    case 'conversions-service':
      return common;
    case 'gateway':
      return {
        ...common,
        OFFERS_URL: urlOf('offers-service', s),
        CONVERSIONS_URL: urlOf('conversions-service', s),
        DISPATCHER_URL: urlOf('dispatcher-service', s),
        ADMIN_EMAIL: s.adminEmail,
        ADMIN_PASSWORD: s.adminPassword,
        BOOTSTRAP_API_KEY: s.bootstrapApiKey,
        // Browsers reach it by plain HTTP on this machine.
        SECURE_COOKIES: 'false',
      };
  }
}

function urlOf(service: ServiceName, s: SystemSettings): string {
  return `http://127.0.0.1:${s.ports[service]}`;
}
