import { faultyDestinationsDelayNobody } from './harness/isolation.js';

describe('a destination that refuses', () => faultyDestinationsDelayNobody('refuses'));
