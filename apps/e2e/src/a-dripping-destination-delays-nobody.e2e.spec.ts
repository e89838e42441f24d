import { faultyDestinationsDelayNobody } from './harness/isolation.js';

describe('a destination that drips', () => faultyDestinationsDelayNobody('drips'));
