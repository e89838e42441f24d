/** A message as it stands in its partition. */
export interface IncomingMessage {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Kafka's timestamp of the record, ms since the epoch. */
  readonly timestampMs: number;
}

/** A partition as held by this process, from one acquisition to its end. Another acquisition is another lease with a higher epoch. */
export interface PartitionLease {
  readonly topic: string;
  readonly partition: number;
  /** Goes with every move of the progress; whoever acquires the partition next has a higher one. */
  readonly epoch: number;
  /** The first offset that may be admitted. */
  readonly startOffset: number;
  /**
   * Whether work of this partition may be started now. Counted on this process's monotonic clock from before the renewal was asked, so it
   * ends here before it ends for anyone else. Becomes true again when PostgreSQL was away and the row turned out to be still ours.
   */
  isLive(): boolean;
  /** Admit nothing more until `resume`. What Kafka has sent already is read again later. */
  pause(): void;
  resume(): void;
}

/** What works a topic's partitions. The consumer calls it for one partition never twice at once. */
export interface PartitionWorker {
  /** The lease is held and the position known; comes before the first `admit`. */
  acquired(lease: PartitionLease): void;
  /**
   * The next messages, in order, each once per lease, at least one. Return promptly: Kafka is asked for nothing more, of any partition,
   * until then. What it throws is fatal for the consumer (a bug): nothing more is admitted and no progress moves for these messages.
   */
  admit(lease: PartitionLease, messages: readonly IncomingMessage[]): void | Promise<void>;
  /** Nothing more will be admitted. Settle or set aside what was; resolves when the last progress is recorded. The row is then let go. */
  drain(lease: PartitionLease): Promise<void>;
  /** PostgreSQL says that the partition has another owner (it may come during `drain`): forget it, start nothing more of it. */
  lost(lease: PartitionLease): void;
}
