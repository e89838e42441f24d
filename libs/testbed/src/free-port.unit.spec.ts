import { freePorts } from './free-port.js';

describe('free ports', () => {
  const worker = process.env['JEST_WORKER_ID'];
  afterEach(() => {
    process.env['JEST_WORKER_ID'] = worker;
  });

  it('are never those that another worker of the test run is given', async () => {
    const rangeOf = async (id: string) => {
      process.env['JEST_WORKER_ID'] = id;
      const ports = await freePorts(50);
      expect(new Set(ports).size).toBe(50);
      return [Math.min(...ports), Math.max(...ports)] as const;
    };
    const [first, second] = [await rangeOf('1'), await rangeOf('2')];
    expect(first[1]).toBeLessThan(second[0]);
  });
});
