/** One small and one full object of each kind that people write: `samples/` and the reference pages show them, tests apply them. */
import { apiVersion } from './kind.ts'

export interface Sample {
  readonly kind: string
  readonly size: 'minimal' | 'full'
  readonly says: string
  readonly object: object
}

const sample = (
  kind: string,
  size: Sample['size'],
  more: { says: string; name: string; labels?: object; spec?: object },
): Sample => ({
  kind,
  size,
  says: more.says,
  object: {
    apiVersion,
    kind,
    metadata: { name: more.name, ...(more.labels !== undefined && { labels: more.labels }) },
    ...(more.spec !== undefined && { spec: more.spec }),
  },
})

const resources = { requests: { cpu: 2, memory: '4Gi' }, limits: { cpu: 4, memory: '4Gi' } }

const pod = {
  labels: { team: 'analytics' },
  annotations: { 'example.com/cost-centre': '4711' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [
    { key: 'dedicated', operator: 'Equal', value: 'events', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 },
  ],
  priorityClassName: 'high',
}

const service = { type: 'LoadBalancer', annotations: { 'example.com/load-balancer': 'internal' } }

export const samples: readonly Sample[] = [
  sample('EventCluster', 'minimal', {
    says: 'One shard with one replica, a log in one pod, a store on a volume. For a laptop and for trying out.',
    name: 'shop',
  }),
  sample('EventCluster', 'full', {
    says: 'Every field. Only write those that you need: kubectl explain ec.spec says what each one does.',
    name: 'shop-eu',
    labels: { tier: 'prod' },
    spec: {
      id: 'shop-eu',
      image: 'example.com/anabranch:0.4.0',
      imagePullSecrets: [{ name: 'registry' }],
      logLevel: 'Info',
      paused: false,
      networkPolicy: 'Managed',
      sharding: { count: 4 },
      shard: {
        replicas: 2,
        cut: { maxAgeSeconds: 60, maxRows: 524_288 },
        storage: { size: '50Gi', storageClassName: 'fast' },
        topologySpread: { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
        resources,
        pod,
      },
      ingest: { replicas: 2, service, resources, pod },
      query: { replicas: 2, service, resources, pod },
      log: { partitions: 1024, file: { storage: { size: '20Gi', storageClassName: 'fast' }, resources, pod } },
      store: {
        folder: { accessMode: 'ReadWriteMany', storage: { size: '200Gi', storageClassName: 'shared' } },
      },
      upgrade: { maxUnavailableShards: 1, minReadySeconds: 10 },
      deletion: { policy: 'Retain', confirm: 'shop-eu' },
    },
  }),
  sample('Project', 'minimal', {
    says: 'A tenant of the EventCluster shop, with one token to send events and one to ask questions.',
    name: 'checkout',
    spec: { clusterRef: { name: 'shop' }, id: 'checkout' },
  }),
  sample('Project', 'full', {
    says: 'Every field. The token web is in a Secret of yours, under the key token.',
    name: 'checkout-eu',
    labels: { region: 'eu' },
    spec: {
      clusterRef: { name: 'shop-eu' },
      id: '3187769',
      timezone: 'Europe/Berlin',
      spread: 16,
      tokens: [
        { name: 'ingest', access: 'Ingest' },
        { name: 'query', access: 'Query' },
        { name: 'web', access: 'Ingest', secretRef: { name: 'web' } },
      ],
      quotas: { ingestEventsPerSecond: 5000, concurrentQueries: 8, scanSizePerQuery: '100Gi' },
    },
  }),
  sample('CompactionPolicy', 'minimal', {
    says: 'Applies to everything in its namespace for which no other policy has precedence.',
    name: 'default',
    spec: { selector: {} },
  }),
  sample('CompactionPolicy', 'full', {
    says: 'Every field but selector.shards, which excludes selector.projects.',
    name: 'eu',
    spec: {
      selector: {
        clusters: { matchLabels: { tier: 'prod' } },
        projects: { matchExpressions: [{ key: 'region', operator: 'In', values: ['eu', 'uk'] }] },
      },
      priority: 10,
    },
  }),
]

/** A Shard as the operator writes it: shown, never applied. */
export const shardExample = {
  apiVersion,
  kind: 'Shard',
  metadata: { name: 'shop-eu-3', annotations: { 'anabranch.dev/hold': 'disk of node a1 is being looked at' } },
  spec: {
    clusterRef: { name: 'shop-eu' },
    id: 3,
    range: { start: 'c0000000', end: '100000000' },
    replicas: 2,
    revision: 'shop-eu-6f9d',
  },
}
