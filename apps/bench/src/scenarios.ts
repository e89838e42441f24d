import type { Scenario } from './scenario.js';
import { cost } from './scenarios/cost.js';

/** Every scenario, in the order in which all are run. */
export const SCENARIOS: readonly Scenario[] = [cost];
