import { ApiLoad } from './api-load.js';
import { serve } from './calls.js';

const load = new ApiLoad();
const calls = {
  open: load.open.bind(load),
  batches: load.batches.bind(load),
  start: load.start.bind(load),
  stop: load.stop.bind(load),
};
export type ApiLoadCalls = typeof calls;
serve(calls);
