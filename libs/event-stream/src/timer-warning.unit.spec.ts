import { silenceKafkajsTimerWarning } from './timer-warning.js';

describe("kafkajs' timer warning", () => {
  it('is dropped, and no other warning is', () => {
    const seen: unknown[][] = [];
    const original = process.emitWarning;
    process.emitWarning = ((...args: unknown[]) => void seen.push(args)) as typeof process.emitWarning;
    try {
      silenceKafkajsTimerWarning();
      silenceKafkajsTimerWarning();
      const warn = (...args: [string, string]) => process.emitWarning(...args);
      const kafkajsRequestQueue = () => warn('-1 is a negative number.', 'TimeoutNegativeWarning');
      kafkajsRequestQueue();
      warn('-1 is a negative number.', 'TimeoutNegativeWarning');
      const kafkajsElsewhere = () => warn('something else', 'DeprecationWarning');
      kafkajsElsewhere();
    } finally {
      process.emitWarning = original;
    }
    expect(seen).toEqual([
      ['-1 is a negative number.', 'TimeoutNegativeWarning'],
      ['something else', 'DeprecationWarning'],
    ]);
  });
});
