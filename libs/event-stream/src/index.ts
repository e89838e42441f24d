export * from './event-stream-error.js';
export { type EventStreamLogger } from './kafka-log.js';
export * from './kafka.js';
export * from './topic-provisioning.js';
export * from './publisher.js';
export * from './outbox.js';
export * from './outbox-relay.js';
export * from './topic-reader.js';
