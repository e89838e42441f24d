import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

export interface Claim {
  readonly memberId: string;
  /** What the member works already. */
  readonly owned: readonly number[];
}

/**
 * Balanced within one, and moves as few partitions as that allows: a partition that moves must be drained first.
 * @returns every partition once, by member; a member without any is there with none
 */
export function assignSticky(partitions: readonly number[], claims: readonly Claim[]): Map<string, number[]> {
  // Whoever owns most may keep the odd ones, so that fewest move; then by id, so that the result does not depend on the order given.
  const members = [...claims].sort((a, b) => b.owned.length - a.owned.length || (a.memberId < b.memberId ? -1 : 1));
  const share = Math.floor(partitions.length / members.length);
  const odd = partitions.length % members.length;
  const free = new Set(partitions);
  const assigned = new Map<string, number[]>();
  const roomOf = (index: number) => share + (index < odd ? 1 : 0);

  members.forEach(({ memberId, owned }, index) => {
    const kept: number[] = [];
    for (const partition of owned) if (kept.length < roomOf(index) && free.delete(partition)) kept.push(partition);
    assigned.set(memberId, kept);
  });
  members.forEach(({ memberId }, index) => {
    const kept = assigned.get(memberId)!;
    for (const partition of free) {
      if (kept.length >= roomOf(index)) break;
      free.delete(partition);
      kept.push(partition);
    }
    kept.sort((a, b) => a - b);
  });
  return assigned;
}

/**
 * kafkajs knows only eager rebalancing: everyone gives its assignment back and gets a new one. With this assigner members tell the group's
 * leader what they work (user data of the consumer protocol: a JSON array of partitions), and get it again where balance allows.
 * @param owned the partitions of the topic that this process works now
 */
export function stickyAssigner(topic: string, owned: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'RingbackSticky',
    version: 0,
    async assign({ members }) {
      const partitions = cluster.findTopicPartitionMetadata(topic).map((metadata) => metadata.partitionId);
      partitions.sort((a, b) => a - b);
      const claims = members.map(({ memberId, memberMetadata }) => ({ memberId, owned: claimed(memberMetadata) }));
      return [...assignSticky(partitions, claims)].map(([memberId, given]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment: { [topic]: given },
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name: 'RingbackSticky',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.from(JSON.stringify(owned())) }),
    }),
  });
}

/** @returns none when it cannot be read: another version of the service may say it differently, and any assignment is right. */
function claimed(memberMetadata: Buffer): number[] {
  try {
    const owned: unknown = JSON.parse(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData.toString() ?? '[]');
    return Array.isArray(owned) ? owned.filter((partition) => Number.isInteger(partition)) : [];
  } catch {
    return [];
  }
}
