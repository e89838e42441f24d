import { outageOf } from './harness/outage.js';

describe('PostgreSQL hanging is waited for', () => {
  outageOf('postgresql', 'hanging');
});
