/** What was measured of one delivery, as docs/performance.md has it. CPU in ms of one core per 1,000 deliveries, each of an event of its own. */
export interface Figures {
  readonly dispatcherCpuMs: number;
  readonly conversionsCpuMs: number;
  readonly gatewayCpuMs: number;
  readonly postgresCpuMs: number;
  readonly kafkaCpuMs: number;
  /** The delivery log with its indexes, a delivery. */
  readonly logBytes: number;
}

/**
 * Reads the figures out of the tables that `npm run bench` wrote.
 * @throws {RangeError} naming a figure that is not there
 */
export function readFigures(performance: string): Figures {
  const of = (scenario: string, row: string): number => {
    const begin = performance.indexOf(`<!-- bench:${scenario} -->`);
    const section = performance.slice(begin, performance.indexOf(`<!-- /bench:${scenario} -->`));
    const line = section.split('\n').find((one) => one.split('|')[1]?.trim() === row);
    const value = Number(line?.split('|')[2]?.trim().replaceAll(',', ''));
    if (!(value >= 0)) throw new RangeError(`docs/performance.md has no "${row}" under ${scenario}: run \`npm run bench -- ${scenario}\``);
    return value;
  };
  const cpu = (process: string): number => of('end-to-end', `of it ${process}`);
  return {
    dispatcherCpuMs: cpu('dispatcher-service'),
    conversionsCpuMs: cpu('conversions-service'),
    gatewayCpuMs: cpu('gateway'),
    postgresCpuMs: cpu('postgresql'),
    kafkaCpuMs: cpu('kafka'),
    logBytes: (of('log', 'the log with its indexes') * 1024 * 1024) / of('log', 'rows in the log'),
  };
}
