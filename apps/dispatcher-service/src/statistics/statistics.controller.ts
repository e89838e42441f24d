import { Controller, Get, Inject, Query } from '@nestjs/common';
import { statisticsQuerySchema, type Statistics, type StatisticsQuery } from '@ringback/contracts';
import { CurrentActor, problem, query, type Actor } from '@ringback/service-runtime';
import { readQuestion } from './statistics-question.js';
import { StatisticsReadModel } from './statistics.read-model.js';

/** What became of deliveries, in figures. */
@Controller('v1/stats/deliveries')
export class StatisticsController {
  constructor(@Inject(StatisticsReadModel) private readonly statistics: StatisticsReadModel) {}

  @Get()
  async read(@Query(query(statisticsQuerySchema)) asked: StatisticsQuery, @CurrentActor() { offerIds }: Actor): Promise<Statistics> {
    const read = readQuestion(asked, offerIds, this.statistics.now());
    if (!read.ok) throw problem.unprocessable([...read.errors]);
    const { buckets, interval, timezone, groupBy } = read.question;
    const found = await this.statistics.read(read.question);
    return {
      from: new Date(buckets.fromMs).toISOString(),
      to: new Date(buckets.toMs).toISOString(),
      interval,
      timezone,
      groupBy,
      buckets: buckets.startsMs.map((startMs) => new Date(startMs).toISOString()),
      ...found,
    };
  }
}
