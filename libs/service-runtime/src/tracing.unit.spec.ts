import { NO_TRACING, parseTraceparent, startTracing } from './tracing.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('tracing', () => {
  it('is off without an endpoint: no span is begun', async () => {
    const tracing = await startTracing({ OTEL_TRACES_SAMPLER_ARG: 1 }, 'spec', 'one');
    expect(tracing).toBe(NO_TRACING);
    expect(tracing.start('anything')).toBeNull();
  });

  it.each([
    ['kept', '01', true],
    ['not kept', '00', false],
  ])('a span goes on with the trace it is part of, as it was decided there: %s', async (_, flags, isSampled) => {
    for (const ratio of [0, 1]) {
      const tracing = await startTracing(
        { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER_ARG: ratio },
        'spec',
        'one',
      );
      const span = tracing.start('part', { parent: `00-${TRACE}-${SPAN}-${flags}` })!;
      expect(span.isSampled).toBe(isSampled);
      expect(span.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-${flags}$`));
      expect(span.traceparent).not.toContain(SPAN);
      expect(tracing.start('root')!.isSampled).toBe(ratio === 1);
    }
  });

  it.each([
    '',
    'x',
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}`,
  ])('a traceparent that cannot be read begins a new trace: %s', (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });
});
