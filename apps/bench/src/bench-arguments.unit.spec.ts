import { readBenchArguments } from './bench-arguments.js';

const known = ['cost', 'latency'];

describe('arguments of the bench', () => {
  it('name scenarios, in their order, each once', () => {
    expect(readBenchArguments(['latency', 'cost', 'latency'], known)).toEqual({
      scenarios: ['latency', 'cost'],
      short: false,
      minutes: undefined,
      rows: undefined,
      tracing: undefined,
      json: undefined,
      write: undefined,
    });
  });

  it('set sizes and where the result goes', () => {
    const read = readBenchArguments(
      ['--short', '--minutes', '2.5', '--rows', '50000', '--tracing', '0.1', '--json', 'out.json', '--write', 'docs/performance.md'],
      known,
    );
    expect(read).toEqual({
      scenarios: [],
      short: true,
      minutes: 2.5,
      rows: 50_000,
      tracing: 0.1,
      json: 'out.json',
      write: 'docs/performance.md',
    });
  });

  it.each([
    [['speed'], /there is no scenario "speed": one of cost, latency/],
    [['--minutes', 'x'], /--minutes/],
    [['--minutes', '0'], /--minutes/],
    [['--rows', '10'], /--rows/],
    [['--tracing', '2'], /--tracing/],
    [['--sort'], /--sort/],
  ])('refuse %j', (args, message) => {
    expect(() => readBenchArguments(args, known)).toThrow(message);
  });
});
