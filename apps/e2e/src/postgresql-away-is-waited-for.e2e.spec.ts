import { outageOf } from './harness/outage.js';

describe('PostgreSQL away is waited for', () => {
  outageOf('postgresql');
});
