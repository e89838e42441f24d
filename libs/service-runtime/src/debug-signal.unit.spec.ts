import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { pino } from 'pino';
import { DEBUG_FOR_MS, debugOnSignal } from './debug-signal.js';

describe('SIGUSR2', () => {
  const signals = new EventEmitter();
  const logger = pino({ level: 'info', enabled: true }, { write: () => undefined });
  let stop: () => void;

  beforeEach(() => {
    jest.useFakeTimers();
    stop = debugOnSignal(logger, signals);
  });
  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  it('turns the log to debug for ten minutes', () => {
    signals.emit('SIGUSR2');
    expect(logger.level).toBe('debug');
    jest.advanceTimersByTime(DEBUG_FOR_MS - 1);
    expect(logger.level).toBe('debug');
    jest.advanceTimersByTime(1);
    expect(logger.level).toBe('info');
  });

  it('turns it back when it comes again', () => {
    signals.emit('SIGUSR2');
    signals.emit('SIGUSR2');
    expect(logger.level).toBe('info');
    signals.emit('SIGUSR2');
    expect(logger.level).toBe('debug');
  });
});
