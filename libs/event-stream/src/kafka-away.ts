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
/** System errors of a connection that kafkajs handed on as they came. */
const AWAY_BY_CODE = new Set([
  'KAFKA_UNAVAILABLE',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);
const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/**
 * Whether a consumer ended because Kafka is away, or because of something that joining again cures; else it is broken (a bug, a missing
 * right, a setting that Kafka refuses) and trying again would only hide it.
 */
export function isKafkaAway(error: unknown): boolean {
  let isAway = false;
  // By shape and not by class: an error of Node's own modules may come from another realm.
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 10; at = (at as Error).cause, depth++) {
    const { name, type, code, retriable } = at as Error & { type?: unknown; code?: unknown; retriable?: unknown };
    const isSystemError = typeof code === 'string' && AWAY_BY_CODE.has(code);
    if (BUGS.has(name) && !isSystemError) return false;
    if (retriable === true || AWAY_BY_NAME.has(name) || isSystemError) isAway = true;
    if (typeof type === 'string' && CURED_BY_JOINING.has(type)) isAway = true;
  }
  return isAway;
}
