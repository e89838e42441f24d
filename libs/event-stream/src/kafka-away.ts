/** Errors of kafkajs that say "never again by itself" but are cured by joining anew, once Kafka is back. */
const CURED_BY_JOINING = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);
const AWAY_BY_NAME = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSBrokerNotFound',
]);
const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/**
 * Whether a consumer ended because Kafka is away, or because of something that joining again cures; else it is broken (a bug, a missing
 * right, a setting that Kafka refuses) and trying again would only hide it.
 */
export function isKafkaAway(error: unknown): boolean {
  let isAway = false;
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const { name, type, code, retriable } = at as Error & { type?: unknown; code?: unknown; retriable?: unknown };
    if (BUGS.has(name)) return false;
    if (retriable === true || AWAY_BY_NAME.has(name) || code === 'KAFKA_UNAVAILABLE') isAway = true;
    if (typeof type === 'string' && CURED_BY_JOINING.has(type)) isAway = true;
  }
  return isAway;
}
