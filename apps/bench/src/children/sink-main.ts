import { serve } from './calls.js';
import { Sink } from './sink.js';

const sink = new Sink();
const calls = {
  listen: sink.listen.bind(sink),
  behave: sink.behave.bind(sink),
  forget: sink.forget.bind(sink),
  report: sink.report.bind(sink),
  latencies: sink.latencies.bind(sink),
  keepArrivals: sink.keepArrivals.bind(sink),
  arrivals: sink.arrivals.bind(sink),
  counts: sink.counts.bind(sink),
  sample: sink.sample.bind(sink),
};
export type SinkCalls = typeof calls;
serve(calls);
