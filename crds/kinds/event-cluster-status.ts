/** The status of an `EventCluster`: states, counts, names, decisions. Numbers that move are metrics (OPR-2). */
import { z } from 'zod'
import { blocked, conditions, messageMax, observedGeneration } from '../fields/condition.ts'
import { integer, listAtomic } from '../fields/text.ts'
import type { DeepReadonly } from '../resource.ts'

const count = () => integer(0, 2_147_483_647)
const epoch = () => integer(0, Number.MAX_SAFE_INTEGER)
const text = (max: number) => z.string().max(max)

const summary = z.strictObject({
  shards: text(16).optional().describe('Shards that serve, of those wanted.'),
  replicas: text(16).optional().describe('Replicas that are ready, of those wanted.'),
  ingest: text(16).optional().describe('Ingest pods that are ready, of those wanted.'),
  query: text(16).optional().describe('Query pods that are ready, of those wanted.'),
})

const shards = z.strictObject({
  wanted: count().describe('Shards that the spec asks for.'),
  ready: count().describe('Shards with at least one replica that serves.'),
  replicas: count().describe('Replica pods that exist.'),
  readyReplicas: count().describe('Replica pods that serve.'),
})

const attention = z.strictObject({
  shard: text(63).describe('Name of the Shard.'),
  reason: text(64).describe('Reason of the condition that is not as it should be.'),
  message: text(messageMax).describe('What to do about it.'),
})

const routing = z.strictObject({
  configMap: text(253).describe('ConfigMap that holds the map of shards.'),
  routingEpoch: epoch().describe('Number of the map in force; each change raises it.'),
  pods: count().describe('Pods that route by the map.'),
  podsConfirmed: count().describe('Pods that have said that they use this map.'),
})

const revision = z.strictObject({
  current: text(253).optional().describe('ControllerRevision that every shard had when the last change was complete.'),
  wanted: text(253).describe('ControllerRevision of the spec.'),
  shardsUpdated: count().describe('Shards that run the wanted revision.'),
})

export const eventClusterStatus = z.strictObject({
  observedGeneration: observedGeneration(),
  phase: z
    .enum(['Deleting', 'Stalled', 'Paused', 'Creating', 'Degraded', 'Updating', 'Ready'])
    .optional()
    .describe('The first that applies, for the eye. Programs read conditions.'),
  summary: summary.optional().describe('Counts as text, for the columns of kubectl get.'),
  versions: z
    .strictObject({
      operator: text(64).describe('Version of the operator that wrote this status.'),
      image: text(512).optional().describe('Image that pods are made with.'),
    })
    .optional()
    .describe('What runs.'),
  endpoints: z
    .strictObject({
      ingest: text(300).optional().describe('Where events are sent, from inside the Kubernetes cluster.'),
      query: text(300).optional().describe('Where questions are asked, from inside the Kubernetes cluster.'),
    })
    .optional()
    .describe('Addresses of the Services.'),
  routing: routing.optional().describe('The map of shards and how far it has reached.'),
  shards: shards.optional().describe('Counts of shards and their replicas.'),
  attention: listAtomic(attention, 10).optional().describe('Shards that need a look, at most 10, the worst first.'),
  ingest: z
    .strictObject({
      replicas: count().describe('Ingest pods that exist.'),
      readyReplicas: count().describe('Ingest pods that are ready.'),
    })
    .optional()
    .describe('Counts of ingest pods.'),
  query: z
    .strictObject({
      replicas: count().describe('Query pods that exist.'),
      readyReplicas: count().describe('Query pods that are ready.'),
      selector: text(512).describe('Label selector of the query pods, for autoscalers.'),
    })
    .optional()
    .describe('Counts of query pods, as the scale subresource shows them.'),
  revision: revision.optional().describe('How far a change that restarts pods has come.'),
  data: z
    .strictObject({
      id: text(63).describe('Identity of the data, from spec.id or generated.'),
      origin: z
        .enum(['New', 'Adopted'])
        .describe('Whether the data was made for this object or taken over from a retained one.'),
    })
    .optional()
    .describe('The data that this cluster serves.'),
  blocked: blocked(),
  conditions: conditions(),
})

export type EventClusterStatus = DeepReadonly<z.output<typeof eventClusterStatus>>
