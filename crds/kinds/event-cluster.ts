/**
 * The spec of an `EventCluster`: one event database. Written by people and GitOps, never by the operator.
 *
 * Every field here has an effect; what is planned is not in the schema. The status is in `event-cluster-status.ts`.
 */
import { z } from 'zod'
import { pod, resources, storage } from '../fields/pod.ts'
import { extraAnnotations, integer, listMap, objectName } from '../fields/text.ts'
import type { DeepReadonly, Resource } from '../resource.ts'
import { type Field, fixed, fixedOptional, type Rule, ruled } from '../rule.ts'
import type { EventClusterStatus } from './event-cluster-status.ts'

const createAnother = 'fixed: set it back, or create another EventCluster'

const oneMember = (example: string): Rule => ({
  cel: `has(self.${example})`,
  message: `write one, for example ${example}: {}`,
  holds: (self) => self[example] !== undefined,
})

const sharding = z
  .strictObject({
    count: ruled(integer(1, 4096), fixed("can't change yet: create another EventCluster"))
      .default(1)
      .describe('Number of shards; each owns a range of the ring of users. Fixed at creation.'),
  })
  .prefault({})
  .describe('How users are divided among shards.')

const cut = z
  .strictObject({
    maxAgeSeconds: integer(1, 3600)
      .default(60)
      .describe(
        'A segment is written when the oldest event in memory is so old. Shorter: smaller files, faster restarts.',
      ),
    maxRows: integer(1000, 1_048_576)
      .default(524_288)
      .describe('A segment is written when memory holds so many events. More: larger files, more memory per replica.'),
  })
  .prefault({})
  .describe('When a shard moves events from memory to the store. Both bounds apply. A change needs no restart.')

const topologySpread = z
  .strictObject({
    topologyKey: z
      .string()
      .min(1)
      .max(317)
      .default('kubernetes.io/hostname')
      .describe('Node label whose values are kept apart, for example topology.kubernetes.io/zone.'),
    whenUnsatisfiable: z
      .enum(['ScheduleAnyway', 'DoNotSchedule'])
      .default('ScheduleAnyway')
      .describe(
        'ScheduleAnyway prefers to keep replicas apart; DoNotSchedule leaves a pod pending rather than break the rule.',
      ),
  })
  .prefault({})
  .describe('Keeps the replicas of one shard apart. A change restarts pods, one replica at a time.')

const shard = z
  .strictObject({
    replicas: integer(1, 5)
      .default(1)
      .describe(
        'Replicas of each shard, each a pod with a volume. Two or more survive the loss of a node without a pause.',
      ),
    cut,
    storage: storage('10Gi', 'each replica', 'It is a cache: losing it loses no event.'),
    topologySpread,
    resources: resources({ cpu: '250m', memory: '512Mi' }),
    pod: pod(),
  })
  .prefault({})
  .describe('The replicas that keep and query events: settings for each shard.')

const service = z
  .strictObject({
    type: z
      .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
      .default('ClusterIP')
      .describe('How the Service is reached, as in a Service: ClusterIP from inside the Kubernetes cluster only.'),
    annotations: extraAnnotations().optional().describe('Annotations of the Service, for example for a load balancer.'),
  })
  .prefault({})
  .describe('The Service in front of the pods; HTTP on port 8080. A change needs no restart.')

function endpoint(what: string) {
  return z
    .strictObject({
      replicas: integer(1, 100).default(1).describe(`Number of ${what} pods. A change restarts nothing.`),
      service,
      resources: resources({ cpu: '100m', memory: '256Mi' }),
      pod: pod(),
    })
    .prefault({})
}

const file = z.strictObject({
  storage: storage('10Gi', 'the log', 'It holds acknowledged events until every shard has stored them.'),
  resources: resources({ cpu: '100m', memory: '256Mi' }),
  pod: pod(),
})

const powerOfTwo: Rule = {
  cel: 'self in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]',
  message: 'write a power of two up to 4096',
  holds: (self) => (self & (self - 1)) === 0,
}

const log = ruled(
  z.strictObject({
    partitions: ruled(integer(1, 4096), powerOfTwo, fixed(createAnother))
      .default(64)
      .describe('Partitions of the log, a power of two. About the number of shards ever wanted. Fixed at creation.'),
    file: file.optional().describe('A log in one pod with one volume. While that pod restarts, writes wait.'),
  }),
  oneMember('file'),
)
  .prefault({ file: {} })
  .describe('Where events are durable before a write is acknowledged. Exactly one kind of log. Fixed at creation.')

const folder = z.strictObject({
  accessMode: ruled(z.enum(['ReadWriteOnce', 'ReadWriteMany']), fixed(createAnother))
    .default('ReadWriteOnce')
    .describe(
      'ReadWriteOnce: every shard runs on one node. ReadWriteMany: on any, with a storage class that can. Fixed at creation.',
    ),
  storage: storage('10Gi', 'the folder', 'It holds every event.'),
})

const store = ruled(
  z.strictObject({
    folder: folder.optional().describe('A folder on a volume that all shards share.'),
  }),
  oneMember('folder'),
)
  .prefault({ folder: {} })
  .describe('Where segments and manifests are kept. Exactly one kind of store. Fixed at creation.')

const upgrade = z
  .strictObject({
    maxUnavailableShards: integer(1, 100)
      .default(1)
      .describe('How many shards may have a replica down for a change at once. Never two replicas of one shard.'),
    minReadySeconds: integer(0, 3600)
      .default(10)
      .describe('How long a replaced replica must be ready before the next one is touched.'),
  })
  .prefault({})
  .describe('How a change that restarts pods moves through the shards.')

const deletion = z
  .strictObject({
    policy: z
      .enum(['Retain', 'Delete'])
      .default('Retain')
      .describe(
        'What happens to data when the EventCluster is deleted. Retain keeps log, store and token Secrets: an EventCluster with the same id adopts them. Delete destroys every event.',
      ),
    confirm: z.string().max(63).optional().describe("The EventCluster's own name: needed for policy Delete."),
  })
  .prefault({ policy: 'Retain' })
  .describe('What becomes of the data when this object is deleted.')

export const eventClusterSpec = ruled(
  z.strictObject({
    id: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .optional()
      .describe(
        'Identity of the data: an EventCluster with the id of retained data adopts it. Unset: generated, see status.data.id. Fixed at creation.',
      ),
    image: z
      .string()
      .min(1)
      .max(512)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/)
      .optional()
      .describe("Image of every pod. Unset: the operator's own, which changes when the operator is upgraded."),
    imagePullSecrets: listMap(
      z.strictObject({ name: objectName().describe('Name of a Secret of type kubernetes.io/dockerconfigjson.') }),
      'name',
      8,
    )
      .optional()
      .describe('Secrets to pull the image with. A change restarts pods, one replica at a time.'),
    logLevel: z
      .enum(['Debug', 'Info', 'Warn', 'Error'])
      .default('Info')
      .describe('What the pods log. A change needs no restart.'),
    paused: z
      .boolean()
      .default(false)
      .describe('While true the operator changes nothing of this cluster; everything that runs goes on serving.'),
    networkPolicy: z
      .enum(['Managed', 'None'])
      .default('Managed')
      .describe('Managed: NetworkPolicies let in what the roles need and nothing else. None: write your own.'),
    sharding,
    shard,
    ingest: endpoint('ingest').describe('The pods that accept events over HTTP.'),
    query: endpoint('query').describe('The pods that answer questions over HTTP. kubectl scale sets their number.'),
    log,
    store,
    upgrade,
    deletion,
  }),
  fixedOptional('id', createAnother),
)

export type EventClusterSpec = DeepReadonly<z.output<typeof eventClusterSpec>>
export type EventCluster = Resource<EventClusterSpec, EventClusterStatus>

const nameForm: Rule = {
  cel: "self.metadata.name.matches('^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$')",
  message: 'write at most 40 of a-z, 0-9, -, a letter first',
  fieldPath: '.metadata.name',
  holds: (self: Field) => /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(self.metadata.name),
}

const deleteConfirmed: Rule = {
  cel: "self.spec.deletion.policy != 'Delete' || (has(self.spec.deletion.confirm) && self.spec.deletion.confirm == self.metadata.name)",
  message: "Delete destroys every event; also write deletion.confirm: the EventCluster's name",
  messageExpression: "'Delete destroys every event; also write deletion.confirm: ' + self.metadata.name",
  says: (self) => `Delete destroys every event; also write deletion.confirm: ${self.metadata.name}`,
  fieldPath: '.spec.deletion.confirm',
  holds: ({ spec, metadata }: Field) => spec.deletion.policy !== 'Delete' || spec.deletion.confirm === metadata.name,
}

/** Rules that see the name beside the spec. */
export const eventClusterRules: readonly Rule[] = [nameForm, deleteConfirmed]
