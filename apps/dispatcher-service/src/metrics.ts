import { ValueHistogram, type Registry } from '@ringback/service-runtime';
import { Counter, Gauge } from 'prom-client';
import type { Backlog, BacklogCounts } from './backlog.js';
import type { Dispatcher } from './dispatcher.js';

/** Shows the pipeline: read when asked, so that a delivery pays nothing for it. docs/metrics.md says what each means. */
export function showDispatcher(registry: Registry, dispatcher: Dispatcher, backlog: Pick<Backlog, 'read'>): void {
  const { intake, window, recorder, writer, parked, deployment, index, sending } = dispatcher;
  const { lanes, holds, measures } = sending;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `ringback_dispatcher_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const gauges = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) =>
    new Gauge({
      name: `ringback_dispatcher_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `ringback_dispatcher_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const counters = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) =>
    new Counter({
      name: `ringback_dispatcher_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  const histogram = (name: string, help: string, shown: ConstructorParameters<typeof ValueHistogram>[2]) =>
    new ValueHistogram(registry, { name: `ringback_dispatcher_${name}`, help }, shown);
  /** What only PostgreSQL knows: nothing is shown before its first answer. */
  const ofBacklog = (name: string, help: string, read: (counts: BacklogCounts) => number) =>
    new Gauge({
      name: `ringback_dispatcher_${name}`,
      help,
      registers,
      async collect() {
        const counts = await backlog.read();
        if (counts === null) this.reset();
        else this.set(read(counts));
      },
    });

  counters('events_total', 'Events taken in, by what became of them', 'outcome', () => intake.events);
  counter('matches_total', 'Callbacks that fired', () => intake.matches);
  counter('known_total', 'Deliveries that were known already, and not sent again', () => intake.known);
  counters(
    'recorded_total',
    'Deliveries recorded, by what became of them; a delivery that is retried counts each time',
    'outcome',
    () => recorder.recordedCounts,
  );
  counters('attempts_total', 'Requests that ended, by class of status or kind of failure', 'result', () => measures.attempts);
  histogram('attempt_duration_seconds', 'How long requests took', measures.durations);
  histogram('first_attempt_delay_seconds', 'From the recording of an event to the start of the first attempt', {
    label: 'path',
    of: measures.firstAttempts,
  });
  histogram('delivery_latency_seconds', 'From the recording of an event to its 2xx', measures.latency);
  histogram('due_lateness_seconds', 'From when a parked delivery was due to the start of its attempt', measures.lateness);

  gauge('window_deliveries', 'Deliveries between Kafka and their recording', () => window.held);
  gauge('requests_in_flight', 'Requests under way', () => lanes.inFlight);
  gauge('lanes', 'Destinations that were sent to of late', () => lanes.size);
  gauge('lanes_active', 'Destinations that something waits for, or is under way to', () => lanes.totals().active);
  gauge('queued', 'Deliveries that wait in lanes', () => lanes.totals().waiting);
  gauges('breakers_open', 'Open breakers, by what they hold back', 'scope', () => ({
    destination: holds.destinationBreakers.size,
    callback: holds.callbackBreakers.size,
  }));
  gauges('pauses', 'Pauses that admins made, by what they hold back', 'scope', () => holds.pauseCounts);
  gauge('draining', 'Callbacks whose backlog is being worked off', () => holds.draining.size);
  gauge('members', 'Live dispatchers, this one too', () => deployment.members);
  gauge('stalled', '1 while work is due and nothing at all is done', () => (dispatcher.stall === null ? 0 : 1));

  gauge('recording_pending', 'Deliveries and dead letters that wait to be recorded', () => recorder.pendingCount);
  histogram('recorded_batch_rows', 'Deliveries recorded by one transaction', writer.batchRows);
  histogram('recorded_batch_seconds', 'How long a recording transaction took', writer.batchSeconds);
  counters('deadline_total', 'Deliveries parked because they took longer than two seconds, by what they did', 'state', () => ({
    queued: recorder.overdueCounts.queued,
    'in-flight': recorder.overdueCounts.inFlight,
  }));
  counter(
    'exchanges_lost_total',
    'Exchanges that PostgreSQL refused to store; their deliveries are recorded without them',
    () => writer.exchangesLost,
  );

  gauge('parked_in_hand', 'Parked deliveries claimed by this process', () => parked.inHand);
  gauge('oldest_due_seconds', 'For how long the oldest delivery that is due and may be sent has been due, over all dispatchers', () =>
    dispatcher.oldestDueSeconds(),
  );
  ofBacklog('parked', 'Deliveries in PostgreSQL, over all dispatchers', (counts) => counts.parked);
  ofBacklog('parked_due', 'Of these, those that are due and unclaimed, held back or not', (counts) => counts.due);
  ofBacklog('redeliveries_left', 'Deliveries that unfinished redeliveries have not given out', (counts) => counts.redeliveriesLeft);
  ofBacklog('statistics_tally_age_seconds', 'Age of the oldest tally that is not summed', (counts) => counts.tallyAgeS);
  ofBacklog('statistics_hours_behind_seconds', 'Since the end of the last hour that is summed', (counts) => counts.hoursBehindS);
  new Gauge({
    name: 'ringback_dispatcher_redeliveries',
    help: 'Redeliveries of many that have not ended, by state, over all dispatchers',
    labelNames: ['state'],
    registers,
    async collect() {
      const counts = await backlog.read();
      this.reset();
      for (const [state, count] of Object.entries(counts?.redeliveries ?? {})) this.set({ state }, count);
    },
  });

  gauge('configuration_revision', 'The newest revision of the configuration that was read', () => index.revision);
  gauges('index_entries', 'What the index of the configuration holds', 'kind', () => ({
    callback: index.callbackCount,
    offer: index.offerCount,
  }));
}
