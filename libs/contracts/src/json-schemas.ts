import { z } from 'zod';
import { apiKeyChangedSchema } from './api-key-events.js';
import { changeStatusSchema, commandRejectedSchema, recordConversionSchema } from './conversion-commands.js';
import { conversionCreatedSchema, conversionErasedSchema, statusChangedSchema } from './conversion-events.js';
import { configurationEventSchemas } from './configuration-events.js';
import { deliveryAnnouncementSchemas } from './delivery-announcements.js';
import { TOPICS, type TopicDefinition } from './topics.js';

interface TopicContract {
  readonly topic: TopicDefinition;
  readonly description: string;
  readonly key: string;
  readonly events: Readonly<Record<string, z.ZodType>>;
}

/** What goes over each topic: the source of the JSON Schemas and of the AsyncAPI document. */
const TOPIC_CONTRACTS: Readonly<Record<keyof typeof TOPICS, TopicContract>> = {
  conversionsEvents: {
    topic: TOPICS.conversionsEvents,
    description:
      'What became of conversions. Each event but `ConversionErased`, which fires nothing, carries the whole conversion and the revision of the configuration that decides which callbacks fire.',
    key: 'The conversion id.',
    events: { ConversionCreated: conversionCreatedSchema, StatusChanged: statusChangedSchema, ConversionErased: conversionErasedSchema },
  },
  conversionsCommands: {
    topic: TOPICS.conversionsCommands,
    description: 'Intake for internal services that speak Kafka. (source, id) of the CloudEvent is the idempotency key.',
    key: '`<offerId>:<transactionId>`, required: commands for one transaction stay in order.',
    events: { RecordConversion: recordConversionSchema, ChangeStatus: changeStatusSchema },
  },
  conversionsCommandsRejected: {
    topic: TOPICS.conversionsCommandsRejected,
    description: 'Commands that could be read but were refused, and why.',
    key: 'As the command: `<offerId>:<transactionId>`.',
    events: { CommandRejected: commandRejectedSchema },
  },
  offersConfigurations: {
    topic: TOPICS.offersConfigurations,
    description:
      'Every version of every affiliate, offer and callback, and the keyring; compacted, one partition, in the one order of revisions.',
    key: '`affiliate:<id>:<version>`, `offer:<id>:<version>`, `callback:<id>:<version>` or `keyring:<version>`. No value: the version is gone.',
    events: configurationEventSchemas,
  },
  callbacksDeliveries: {
    topic: TOPICS.callbacksDeliveries,
    description:
      'What the dispatcher gave up: deliveries, and callbacks that have failed for long or whose receiver wants no more of them.',
    key: 'The callback id.',
    events: deliveryAnnouncementSchemas,
  },
  gatewayApiKeys: {
    topic: TOPICS.gatewayApiKeys,
    description: 'Every version of every API key: its hash, role, scope, expiry, and whether it is revoked; compacted, one partition.',
    key: '`<key id>:<version>`.',
    events: { ApiKeyChanged: apiKeyChangedSchema },
  },
};

/** @returns the JSON Schema (draft 2020-12) of each event type, by type. */
export function eventJsonSchemas(): Record<string, object> {
  const events = Object.values(TOPIC_CONTRACTS).flatMap((contract) => Object.entries(contract.events));
  return Object.fromEntries(
    events.map(([type, schema]) => [type, { title: type, ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) }]),
  );
}

/** @returns the AsyncAPI 3.0 document of all topics, for `docs/asyncapi.json`. */
export function asyncApiDocument(version: string): object {
  const schemas = eventJsonSchemas();
  const contracts = Object.entries(TOPIC_CONTRACTS);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Ringback events',
      version,
      description:
        'CloudEvents 1.0 in JSON structured mode, at most 256 KB each. Unknown fields are ignored; an incompatible shape is a new type.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(
      contracts.map(([id, { topic, description, events }]) => [
        id,
        {
          address: topic.name,
          description,
          messages: Object.fromEntries(Object.keys(events).map((type) => [type, { $ref: `#/components/messages/${type}` }])),
          bindings: {
            kafka: { topic: topic.name, partitions: topic.partitions, topicConfiguration: kafkaBinding(topic), bindingVersion: '0.5.0' },
          },
        },
      ]),
    ),
    operations: Object.fromEntries(
      contracts.map(([id]) => [id, { action: id === 'conversionsCommands' ? 'receive' : 'send', channel: { $ref: `#/channels/${id}` } }]),
    ),
    components: {
      messages: Object.fromEntries(
        contracts.flatMap(([, { key, events }]) =>
          Object.keys(events).map((type) => [
            type,
            {
              name: type,
              title: type,
              contentType: 'application/cloudevents+json',
              payload: { schemaFormat: 'application/schema+json;version=draft-2020-12', schema: schemas[type] },
              bindings: { kafka: { key: { type: 'string', description: key }, bindingVersion: '0.5.0' } },
            },
          ]),
        ),
      ),
    },
  };
}

function kafkaBinding(topic: TopicDefinition): object {
  return Object.fromEntries(
    Object.entries(topic.config)
      .filter(([key]) => ['cleanup.policy', 'retention.ms', 'max.message.bytes'].includes(key))
      .map(([key, value]) => [key, key === 'cleanup.policy' ? [value] : Number(value)]),
  );
}
