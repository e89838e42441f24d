import { outageOf } from './harness/outage.js';

describe('Kafka hanging is waited for', () => {
  outageOf('kafka', 'hanging');
});
