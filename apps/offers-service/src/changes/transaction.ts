import { isDatabaseAway } from '@ringback/service-runtime';
import type { DataSource, EntityManager } from 'typeorm';

/**
 * Runs `work` in one transaction; rolls back when it throws. As TypeORM's own, except that nobody waits for the rollback when the database
 * is away: it would hang as long again as what failed. The connection goes back to the pool when the rollback has ended, one way or another.
 */
export async function inTransaction<Result>(dataSource: DataSource, work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
  const runner = dataSource.createQueryRunner();
  const giveUp = async (): Promise<void> => {
    try {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
    } catch {
      // The transaction is lost either way: PostgreSQL ends it with the connection, and what failed first is what is told.
    } finally {
      await runner.release();
    }
  };
  try {
    await runner.startTransaction('READ COMMITTED');
    const result = await work(runner.manager);
    await runner.commitTransaction();
    await runner.release();
    return result;
  } catch (error) {
    const ended = giveUp();
    if (!isDatabaseAway(error)) await ended;
    throw error;
  }
}
