import type { OfferStatus } from '@ringback/contracts';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Versioned } from '../changes/versioned.js';

@Entity({ name: 'offer', schema: 'offers' })
export class OfferEntity extends Versioned {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  status!: OfferStatus;

  @Column({ name: 'goals_enabled', type: 'boolean' })
  goalsEnabled!: boolean;
}
