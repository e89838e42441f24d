import { faultyDestinationsDelayNobody } from './harness/isolation.js';

describe('a destination that hangs', () => faultyDestinationsDelayNobody('hangs'));
