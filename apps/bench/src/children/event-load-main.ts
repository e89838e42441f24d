import { EventLoad } from './event-load.js';
import { serve } from './calls.js';

const load = new EventLoad();
const calls = {
  open: load.open.bind(load),
  burst: load.burst.bind(load),
  start: load.start.bind(load),
  stop: load.stop.bind(load),
};
export type EventLoadCalls = typeof calls;
serve(calls);
