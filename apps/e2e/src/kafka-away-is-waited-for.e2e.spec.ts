import { outageOf } from './harness/outage.js';

describe('Kafka away is waited for', () => {
  outageOf('kafka');
});
