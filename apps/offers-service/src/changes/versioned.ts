import { Column, type ValueTransformer } from 'typeorm';

/** PostgreSQL's bigint, which node-postgres hands over as text. Revisions stay far below 2^53. */
export const bigintNumber: ValueTransformer = {
  from: (value: string | null) => (value === null ? null : Number(value)),
  to: (value: number | null) => value,
};

/** Which version of an aggregate its row shows, and since when. */
export abstract class Versioned {
  /** 1, 2, 3… of this aggregate. */
  @Column({ type: 'integer' })
  version!: number;

  /** Of the change that made this version. */
  @Column({ type: 'bigint', transformer: bigintNumber })
  revision!: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;
}
