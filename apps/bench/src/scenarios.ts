import type { Scenario } from './scenario.js';
import { backlog } from './scenarios/backlog.js';
import { chaos } from './scenarios/chaos.js';
import { cost } from './scenarios/cost.js';
import { endToEnd } from './scenarios/end-to-end.js';
import { exporting } from './scenarios/export.js';
import { ingest } from './scenarios/ingest.js';
import { isolation } from './scenarios/isolation.js';
import { latency } from './scenarios/latency.js';
import { log } from './scenarios/log.js';
import { matching } from './scenarios/matching.js';
import { memory } from './scenarios/memory.js';
import { profile } from './scenarios/profile.js';
import { statistics } from './scenarios/statistics.js';

/** Every scenario, in the order in which all are run. */
export const SCENARIOS: readonly Scenario[] = [
  cost,
  endToEnd,
  latency,
  isolation,
  backlog,
  matching,
  ingest,
  log,
  statistics,
  memory,
  exporting,
  chaos,
  profile,
];
