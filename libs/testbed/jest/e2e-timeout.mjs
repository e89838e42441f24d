import { jest } from '@jest/globals';

// jest.config.mjs can set one timeout for all tiers only; whole-system specs start platforms and take services down and up.
jest.setTimeout(180_000);
