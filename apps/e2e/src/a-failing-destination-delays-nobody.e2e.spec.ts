import { faultyDestinationsDelayNobody } from './harness/isolation.js';

describe('a destination that fails', () => faultyDestinationsDelayNobody('fails'));
