import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { Versioned } from '../changes/versioned.js';

@Entity({ name: 'affiliate', schema: 'offers' })
export class AffiliateEntity extends Versioned {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  name!: string;
}
