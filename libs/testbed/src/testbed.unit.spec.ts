import { eventually } from './eventually.js';
import { faultSizes } from './fault-sizes.js';
import { HeldClock } from './held-clock.js';
import { isSameProcess, processIdentity } from './process-identity.js';
import { serviceEnvironment, SERVICES, type SystemSettings } from './services.js';
import { randomTopicPrefix } from './topic-prefix.js';

describe('eventually', () => {
  it('asks again until the check neither throws nor is falsy, and gives its value', async () => {
    let asked = 0;
    const value = await eventually(
      () => {
        if (asked++ < 1) throw new Error('not yet');
        return asked === 3 && 'here';
      },
      { intervalMs: 1 },
    );
    expect([value, asked]).toEqual(['here', 3]);
  });

  it('throws what the last check threw', async () => {
    const check = () => {
      throw new Error('no row');
    };
    await expect(eventually(check, { timeoutMs: 20, intervalMs: 1 })).rejects.toThrow('no row');
  });
});

describe('the held clock', () => {
  it('moves only when told, also when its `now` is handed over by itself', () => {
    const clock = new HeldClock(1_000);
    const { now } = clock;
    clock.advance(500);
    expect(now()).toBe(1_500);
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });
});

describe('fault sizes', () => {
  it('are as promised in full with TEST_LONG=1 only', () => {
    expect(faultSizes({})).toMatchObject({ long: false, outageMs: 8_000 });
    expect(faultSizes({ TEST_LONG: '1' })).toMatchObject({ long: true, outageMs: 30_000 });
  });
});

describe('a process', () => {
  it('is told from a later one under its pid', () => {
    const identity = processIdentity(process.pid);
    expect(identity).not.toBeNull();
    expect(isSameProcess(process.pid, identity!)).toBe(true);
    expect(isSameProcess(process.pid, 'another start')).toBe(false);
  });
});

describe('settings of the services', () => {
  const settings: SystemSettings = {
    databaseUrl: 'postgres://x',
    brokers: 'b:1',
    topicPrefix: 'p.',
    serviceTokenSecret: 's',
    masterKey: 'm',
    adminEmail: 'a@b',
    adminPassword: 'p',
    bootstrapApiKey: 'k',
    ports: { 'offers-service': 1, 'conversions-service': 2, 'dispatcher-service': 3, gateway: 4 },
  };

  it('give the master key only to those that open secrets', () => {
    expect(SERVICES.filter((service) => 'MASTER_KEY' in serviceEnvironment(service, settings))).toEqual([
      'offers-service',
      'dispatcher-service',
    ]);
  });

  it('tell the gateway where the others listen', () => {
    expect(serviceEnvironment('gateway', settings)).toMatchObject({
      OFFERS_URL: 'http://127.0.0.1:1',
      DISPATCHER_URL: 'http://127.0.0.1:3',
    });
  });
});

describe('topic prefixes', () => {
  it('differ, and are legal in names of topics', () => {
    const prefix = randomTopicPrefix();
    expect(prefix).toMatch(/^[a-z0-9.]{1,60}$/);
    expect(randomTopicPrefix()).not.toBe(prefix);
  });
});
