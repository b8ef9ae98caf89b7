/**
 * `Shard`: one range of the ring of users and its replicas. Its spec is written by the operator alone; people read it and may
 * annotate it.
 */
import { z } from 'zod'
import { blocked, conditions, observedGeneration } from '../fields/condition.ts'
import { integer, listAtomic, listMap, objectName } from '../fields/text.ts'
import type { DeepReadonly, Resource } from '../resource.ts'
import { fixed, fixedOptional, type Rule, ruled } from '../rule.ts'

const writeSharding = 'fixed: write EventCluster spec.sharding instead'

const startBelowEnd: Rule = {
  cel: "self.end == '100000000' || self.start < self.end",
  message: 'write a start below the end, or end 100000000',
  holds: ({ start, end }) => end === '100000000' || start < end,
}

const range = ruled(
  z.strictObject({
    start: ruled(
      z
        .string()
        .max(8)
        .regex(/^[0-9a-f]{8}$/),
      fixed(writeSharding),
    ).describe('First position, 8 hexadecimal digits.'),
    end: ruled(
      z
        .string()
        .max(9)
        .regex(/^([0-9a-f]{8}|100000000)$/),
      fixed(writeSharding),
    ).describe('First position that is not in the range; 100000000 is the end of the ring.'),
  }),
  startBelowEnd,
)

const origin = z.strictObject({
  operation: z.string().min(1).max(63).describe('The operation that made the shard.'),
  parents: listAtomic(objectName().describe('Name of a Shard.'), 16)
    .min(1)
    .describe('Shards whose range it took over.'),
})

export const shardSpec = ruled(
  z.strictObject({
    clusterRef: z
      .strictObject({
        name: ruled(objectName(), fixed(writeSharding)).describe('Name of the EventCluster, in the same namespace.'),
      })
      .describe('The EventCluster that the shard belongs to.'),
    id: ruled(integer(0, 2_147_483_647), fixed(writeSharding)).describe('Number of the shard; never used again.'),
    range: range.describe('Positions of the ring that the shard owns, from start up to but not including end.'),
    origin: origin.optional().describe('Where the shard came from, if not made with the cluster.'),
    replicas: integer(0, 10).describe('Replicas that are wanted now.'),
    revision: z
      .string()
      .min(1)
      .max(253)
      .describe("ControllerRevision that replicas are made with; set when the shard's turn in a roll comes."),
  }),
  fixedOptional('origin', writeSharding),
)

const shardPod = z.strictObject({
  name: z.string().max(253).describe('Name of the pod.'),
  node: z.string().max(253).optional().describe('Node that it runs on.'),
  revision: z.string().max(253).optional().describe('ControllerRevision that it was made with.'),
  state: z
    .enum(['Pending', 'Starting', 'CatchingUp', 'Serving', 'Diverged', 'Draining', 'Failed', 'Unknown'])
    .describe('What the replica does. Unknown: it was not reached.'),
})

export const shardStatus = z.strictObject({
  observedGeneration: observedGeneration(),
  phase: z
    .enum(['Creating', 'CatchingUp', 'Serving', 'Draining', 'Retired'])
    .optional()
    .describe('Where the shard is in its life, for the eye. Programs read conditions.'),
  summary: z
    .strictObject({ replicas: z.string().max(16).optional().describe('Replicas that serve, of those wanted.') })
    .optional()
    .describe('Counts as text, for the columns of kubectl get.'),
  primary: z.string().max(253).optional().describe('The replica that writes segments.'),
  policies: listAtomic(objectName().describe('Name of a CompactionPolicy.'), 10)
    .optional()
    .describe('CompactionPolicies that select the shard, by precedence, at most 10.'),
  pods: listMap(shardPod, 'name', 10).optional().describe('The replicas.'),
  blocked: blocked(),
  conditions: conditions(),
})

export type ShardSpec = DeepReadonly<z.output<typeof shardSpec>>
export type ShardStatus = DeepReadonly<z.output<typeof shardStatus>>
export type Shard = Resource<ShardSpec, ShardStatus>
