export * from './array-value-error.js';
export * from './fixed-size-arrays.js';
export * from './variable-size-arrays.js';
