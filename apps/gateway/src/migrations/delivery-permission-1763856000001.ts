import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever manages deliveries may stop them and let them go on. Roles that were added since are left as they are. */
export class DeliveryPermission1763856000001 implements MigrationInterface {
  readonly name = 'DeliveryPermission1763856000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      update gateway.role set permissions = array_append(permissions, 'deliveries:write')
      where name = 'manager' and not 'deliveries:write' = any(permissions)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      update gateway.role set permissions = array_remove(permissions, 'deliveries:write') where name = 'manager'`);
  }
}
