/**
 * Every topic that Ringback owns, with what it must be created as. `retention.ms` and friends are Kafka topic configuration keys.
 * A deployment may put a prefix before all names (`TOPIC_PREFIX`), so that several can share one cluster.
 */
export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How long an event of a conversion stays on its topic, in ms (7 days). Tombstones of configurations wait twice as long. */
export const CONVERSION_EVENTS_RETENTION_MS = 7 * DAY_MS;

/** How long what is announced of deliveries can be read, in ms (7 days). */
export const DELIVERY_EVENTS_RETENTION_MS = 7 * DAY_MS;

/** No message on any topic is larger than this, in bytes; Kafka refuses it. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

const common = { 'max.message.bytes': String(MAX_MESSAGE_BYTES + 8 * 1024) };

export const TOPICS = {
  conversionsEvents: {
    name: 'conversions.events',
    partitions: 12,
    config: {
      ...common,
      'cleanup.policy': 'delete',
      'retention.ms': String(CONVERSION_EVENTS_RETENTION_MS),
      'segment.ms': String(DAY_MS),
    },
  },
  conversionsCommands: {
    name: 'conversions.commands',
    partitions: 12,
    config: { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(CONVERSION_EVENTS_RETENTION_MS) },
  },
  conversionsCommandsRejected: {
    name: 'conversions.commands.rejected',
    partitions: 3,
    config: { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(CONVERSION_EVENTS_RETENTION_MS) },
  },
  offersConfigurations: {
    name: 'offers.configurations',
    partitions: 1,
    config: { ...common, 'cleanup.policy': 'compact' },
  },
  callbacksDeliveries: {
    name: 'callbacks.deliveries',
    partitions: 6,
    config: { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(DELIVERY_EVENTS_RETENTION_MS) },
  },
  gatewayApiKeys: {
    name: 'gateway.api-keys',
    partitions: 1,
    config: { ...common, 'cleanup.policy': 'compact' },
  },
} as const satisfies Record<string, TopicDefinition>;

/** @returns the topic's name in this deployment: the prefix, verbatim, before the name. */
export function topicName(topic: TopicDefinition, prefix: string): string {
  return prefix + topic.name;
}
