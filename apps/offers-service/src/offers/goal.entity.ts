import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A goal is part of its offer: to make, rename or archive one is a version of the offer. */
@Entity({ name: 'goal', schema: 'offers' })
export class GoalEntity {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ name: 'offer_id', type: 'integer' })
  offerId!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'boolean' })
  archived!: boolean;
}
