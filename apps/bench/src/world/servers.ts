import { join } from 'node:path';
import { startKafka, startPostgres, type RunningKafka, type RunningPostgres } from '@ringback/testbed';

/** The PostgreSQL and the Kafka of a run: fresh ones, on loopback, that end with it. */
export interface BenchServers {
  readonly postgres: RunningPostgres;
  readonly kafka: RunningKafka;
}

/**
 * PostgreSQL as `npm start` runs it, commits waiting for the disk, but for memory and WAL: the stock settings are for a machine with 128 MB,
 * and a checkpoint every few seconds would be measured instead of us.
 */
const SETTINGS = {
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  // So that statements in the log can be told apart by process (memory).
  log_line_prefix: '%m [%p] %a ',
};

export async function startServers(room: string, onProgress: (what: string) => void): Promise<BenchServers> {
  const [postgres, kafka] = await Promise.all([
    startPostgres({ dataDir: join(room, 'postgres'), logPath: join(room, 'postgres.log'), durable: true, settings: SETTINGS }),
    startKafka({ dataDir: join(room, 'kafka'), logPath: join(room, 'kafka.log'), heapMb: 768, onProgress }),
  ]);
  return { postgres, kafka };
}
