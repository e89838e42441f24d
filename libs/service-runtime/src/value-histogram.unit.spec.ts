import { Buckets, Registry, ValueHistogram } from './index.js';

const shown = async (registry: Registry) => (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('buckets', () => {
  it('count a value in the first bound that it does not exceed, and cumulate', () => {
    const buckets = new Buckets([1, 5]);
    for (const value of [0, 1, 1.5, 5, 6]) buckets.observe(value);
    expect(buckets.cumulative()).toEqual([2, 4, 5]);
    expect(buckets.sum).toBe(13.5);
  });

  it('are shown as a histogram of Prometheus', async () => {
    const registry = new Registry();
    const buckets = new Buckets([1, 5]);
    new ValueHistogram(registry, { name: 'wait_seconds', help: 'How long' }, buckets);
    buckets.observe(2);
    expect(await shown(registry)).toEqual([
      'wait_seconds_bucket{le="1"} 0',
      'wait_seconds_bucket{le="5"} 1',
      'wait_seconds_bucket{le="+Inf"} 1',
      'wait_seconds_sum 2',
      'wait_seconds_count 1',
    ]);
  });

  it('are shown by the values of one label, those without an observation too', async () => {
    const registry = new Registry();
    const of = { direct: new Buckets([1]), parked: new Buckets([1]) };
    new ValueHistogram(registry, { name: 'wait_seconds', help: 'How long' }, { label: 'path', of });
    of.parked.observe(0.5);
    expect(await shown(registry)).toEqual(
      expect.arrayContaining(['wait_seconds_count{path="direct"} 0', 'wait_seconds_bucket{path="parked",le="1"} 1']),
    );
  });
});
