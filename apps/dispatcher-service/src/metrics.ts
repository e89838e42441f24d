import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Dispatcher } from './dispatcher.js';

/** @returns what `/metrics` shows: read from the pipeline when asked, so that a delivery pays nothing for it. */
export function dispatcherMetrics(dispatcher: Dispatcher): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `ringback_dispatcher_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('window_deliveries', 'Deliveries between Kafka and their recording', () => dispatcher.window.held);
  gauge('requests_in_flight', 'Requests under way', () => dispatcher.sending.lanes.inFlight);
  gauge('lanes', 'Destinations that were sent to of late', () => dispatcher.sending.lanes.size);
  gauge('breakers_open_destinations', 'Destinations behind an open breaker', () => dispatcher.sending.holds.destinationBreakers.size);
  gauge('breakers_open_callbacks', 'Callbacks behind an open breaker', () => dispatcher.sending.holds.callbackBreakers.size);
  gauge('members', 'Live dispatchers, this one too', () => dispatcher.deployment.members);
  gauge('parked_in_hand', 'Parked deliveries claimed by this process', () => dispatcher.parked.inHand);
  gauge('recording_pending', 'Deliveries and dead letters that wait to be recorded', () => dispatcher.recorder.pendingCount);
  gauge('configuration_revision', 'The newest revision of the configuration that was read', () => dispatcher.index.revision);
  new Counter({
    name: 'ringback_dispatcher_recorded_total',
    help: 'Deliveries recorded, by what became of them; a delivery that is retried counts each time',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(dispatcher.recorder.recordedCounts)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'ringback_dispatcher_exchanges_lost_total',
    help: 'Exchanges that PostgreSQL refused to store; their deliveries are recorded without them',
    registers,
    collect() {
      this.reset();
      this.inc(dispatcher.writer.exchangesLost);
    },
  });
  return registry;
}
