import { Registry } from 'prom-client';
import type { ConsumerHealth } from './consumer-health.js';
import type { OutboxRelay } from './outbox-relay.js';
import { showIntake, showOutbox } from './stream-metrics.js';

const shown = async (registry: Registry) => (await registry.metrics()).split('\n').filter((line) => line.startsWith('ringback_'));

describe('metrics of a stream', () => {
  it('tell of an outbox how much waits, for how long, and who publishes', async () => {
    const registry = new Registry();
    const relay = { waiting: { count: 3, oldestMs: 1_500 }, isPublishing: true, publishedCount: 7, setAsideCount: 1 };
    showOutbox(registry, relay as unknown as OutboxRelay);
    expect(await shown(registry)).toEqual([
      'ringback_outbox_rows 3',
      'ringback_outbox_oldest_age_seconds 1.5',
      'ringback_outbox_lease_held 1',
      'ringback_outbox_published_total 7',
      'ringback_outbox_set_aside_total 1',
    ]);
  });

  describe('of a consumer', () => {
    const health: Record<string, ConsumerHealth> = {
      events: {
        sinceTickMs: 0,
        waitingFor: null,
        partitions: [
          { partition: 0, state: 'live', epoch: 1, nextOffset: 5 },
          { partition: 1, state: 'waiting', epoch: null, nextOffset: null },
        ],
      },
    };
    const lagLines = async (registry: Registry) => (await shown(registry)).filter((line) => line.startsWith('ringback_consumer_lag'));
    const intakeOf = (lag: () => Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>, waitingFor: 'kafka' | null = null) => {
      const registry = new Registry();
      showIntake(registry, { health: () => ({ events: { ...health['events']!, waitingFor } }), lag });
      return registry;
    };

    it('tell the lag of each partition, and ask Kafka once for looks close together', async () => {
      let questions = 0;
      const registry = intakeOf(async () => {
        questions++;
        return new Map([['events', new Map([[0, 12]])]]);
      });
      expect(await lagLines(registry)).toEqual(['ringback_consumer_lag{topic="events",partition="0"} 12']);
      await lagLines(registry);
      expect(questions).toBe(1);
      expect(await shown(registry)).toContain('ringback_consumer_partitions{topic="events",state="live"} 1');
    });

    it('tell no lag while Kafka does not answer, and do not ask it while it is known to be away', async () => {
      expect(await lagLines(intakeOf(() => Promise.reject(new Error('away'))))).toEqual([]);
      const asked = () => {
        throw new Error('asked');
      };
      expect(await lagLines(intakeOf(asked, 'kafka'))).toEqual([]);
    });
  });
});
