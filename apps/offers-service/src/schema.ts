/** The PostgreSQL schema that this service alone reads and writes. */
export const SCHEMA = 'offers';
