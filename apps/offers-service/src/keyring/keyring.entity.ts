import type { KeyringVersion } from '@ringback/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Versioned } from '../changes/versioned.js';

/** The id of the one keyring. */
export const KEYRING_ID = 0;

/** The data keys, each wrapped by the master key: the newest last. */
@Entity({ name: 'keyring', schema: 'offers' })
export class KeyringEntity extends Versioned {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'jsonb' })
  keys!: KeyringVersion['keys'];
}
