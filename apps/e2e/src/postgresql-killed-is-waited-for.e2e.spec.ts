import { outageOf } from './harness/outage.js';

describe('PostgreSQL killed is waited for', () => {
  outageOf('postgresql', 'killed');
});
