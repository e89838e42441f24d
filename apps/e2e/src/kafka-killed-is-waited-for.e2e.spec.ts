import { outageOf } from './harness/outage.js';

describe('Kafka killed is waited for', () => {
  outageOf('kafka', 'killed');
});
