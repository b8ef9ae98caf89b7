/**
 * No field without an effect: each field of a spec is changed, one at a time, and what the operator makes of it is another.
 * The real reconcilers on an API server in this process; a field that is added to a schema fails here until it is added below.
 */
import { describe, expect, test } from 'vitest'
import { type Structural, structural } from '../../crds/crd/structural.ts'
import { compactionPolicyKind, eventClusterKind, projectKind } from '../../crds/kind.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { namespace, OperatorWorld } from '../support/operator/world.ts'

/** Enough for log, store, shard, ingest and query to be there. */
const rounds = 6

/** What the operator wrote of a kind, without what differs from run to run. */
async function madeIn(world: OperatorWorld): Promise<string> {
  const kept = ({ kind, metadata, spec, data }: KubeObject) => ({
    kind,
    name: metadata.name,
    labels: metadata.labels,
    annotations: metadata.annotations,
    spec: ['EventCluster', 'Project'].includes(kind) ? undefined : spec,
    data: kind === 'Secret' ? textOf(data) : data,
  })
  // ControllerRevisions hold what the spec says; what counts is what pods get of it.
  const written = Object.values(resources).filter(
    ({ kind, namespaced }) =>
      namespaced &&
      !['Event', 'ControllerRevision'].includes(kind) &&
      world.api.machinery.kinds.some((one) => one.resource.kind === kind),
  )
  const objects = await Promise.all(written.map((resource) => world.api.list(resource, { namespace })))
  return JSON.stringify(objects.flatMap(({ items }) => items).map(kept))
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'UID')
    .replaceAll(/shop-[0-9a-f]{8}\b/g, 'ID')
    .replaceAll(/"token":"[^"]*"/g, 'TOKEN')
}

/** Of the table of projects, the one Secret that is not a token. */
function textOf(data: unknown): unknown {
  const entries = Object.entries((data ?? {}) as Record<string, string>)
  return entries.map(([key, value]) => [key, key === 'token' ? '' : Buffer.from(value, 'base64').toString()])
}

async function worldOf(spec: object): Promise<OperatorWorld> {
  const world = new OperatorWorld()
  await world.apply('EventCluster', 'shop', spec)
  for (let round = 0; round < rounds; round++) await world.round()
  return world
}

/** Paths of a schema's fields; lists and maps are one. */
function fieldsOf(node: Structural, path = ''): string[] {
  if (node.properties === undefined) return [path]
  return Object.entries(node.properties).flatMap(([name, one]) => fieldsOf(one, path === '' ? name : `${path}.${name}`))
}

/** `{ a: { b: value } }` for `a.b`. */
const at = (path: string, value: unknown) =>
  path.split('.').reduceRight((inner: unknown, name) => ({ [name]: inner }), value) as Record<string, object>

const pod = {
  labels: { team: 'data' },
  annotations: { note: 'x' },
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Exists' }],
  priorityClassName: 'high',
}
const resourcesOf = { requests: { cpu: '1', memory: '300Mi' }, limits: { cpu: '2', memory: '2Gi' } }
const storage = { size: '20Gi', storageClassName: 'fast' }
const endpoint = {
  replicas: 2,
  service: { type: 'NodePort', annotations: { 'example.com/x': 'y' } },
  resources: resourcesOf,
  pod,
}

/** Another value for each field. */
const others = {
  id: 'other',
  image: 'anabranch:2',
  imagePullSecrets: [{ name: 'registry' }],
  logLevel: 'Debug',
  networkPolicy: 'None',
  sharding: { count: 2 },
  shard: {
    replicas: 2,
    cut: { maxAgeSeconds: 30, maxRows: 2000 },
    storage,
    topologySpread: { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
    resources: resourcesOf,
    pod,
  },
  ingest: endpoint,
  query: endpoint,
  log: { partitions: 128, file: { storage, resources: resourcesOf, pod } },
  store: { folder: { accessMode: 'ReadWriteMany', storage } },
  upgrade: { minReadySeconds: 20 },
}

const pick = (tree: unknown, path: string) =>
  path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], tree)

/** Fields whose effect shows only when something else happens: each has a test of its own below. */
const inTheirOwnTime = ['paused', 'upgrade.maxUnavailableShards', 'deletion.policy', 'deletion.confirm']

async function revisionsIn(world: OperatorWorld): Promise<string[]> {
  const { items } = await world.api.list(resources.shards, { namespace })
  return items.map((shard) => (shard.spec as { revision: string }).revision)
}

describe('EventCluster', async () => {
  const plain = await madeIn(await worldOf({}))
  const fields = fieldsOf(structural(eventClusterKind.spec)).filter((path) => !inTheirOwnTime.includes(path))

  test('kinds: the same spec twice -> the operator makes the same of it', async () => {
    expect(await madeIn(await worldOf({}))).toBe(plain)
  })

  test.each(fields)('kinds: spec.%s changed -> the operator makes something else of it', async (path) => {
    const value = pick(others, path)
    expect([path, value]).not.toEqual([path, undefined])
    const spec = path === 'log.partitions' ? { log: { partitions: value, file: {} } } : at(path, value)
    expect((await madeIn(await worldOf(spec))) === plain).toBe(false)
  })

  test('kinds: spec.paused -> a change that comes with it is not made', async () => {
    const world = await worldOf({})
    const before = await madeIn(world)
    await world.apply('EventCluster', 'shop', { paused: true, query: { replicas: 3 } })
    for (let round = 0; round < rounds; round++) await world.round()
    expect(await madeIn(world)).toBe(before)
  })

  test.each([1, 2])(
    'kinds: spec.upgrade.maxUnavailableShards %i -> so many Shards get a new revision at once',
    async (maxUnavailableShards) => {
      const spec = { sharding: { count: 3 }, upgrade: { maxUnavailableShards, minReadySeconds: 0 } }
      const world = await worldOf(spec)
      await world.settle()
      const former = new Set(await revisionsIn(world))
      await world.apply('EventCluster', 'shop', { ...spec, image: 'anabranch:2' })
      await world.look()
      const revisions = await revisionsIn(world)
      expect(revisions.filter((revision) => !former.has(revision))).toHaveLength(maxUnavailableShards)
    },
  )

  test.each([
    [{}, ['shop-log', 'shop-store']],
    [{ policy: 'Delete', confirm: 'shop' }, []],
  ])('kinds: spec.deletion %j -> after a deletion the claims that are left are %j', async (deletion, left) => {
    const world = await worldOf({ deletion })
    await world.delete('EventCluster', 'shop')
    await world.settle()
    expect(await world.names(resources.persistentVolumeClaims)).toEqual(left)
  })
})

describe('Project', async () => {
  const small = { clusterRef: { name: 'shop' }, id: 'checkout' }
  const others = {
    id: 'cart',
    timezone: 'Europe/Berlin',
    spread: 4,
    tokens: [{ name: 'web', access: 'Query' }],
    quotas: { ingestEventsPerSecond: 5, concurrentQueries: 2, scanSizePerQuery: '1Gi' },
    clusterRef: { name: 'other' },
  }

  async function made(spec: object): Promise<string> {
    const world = await worldOf({})
    await world.apply('Project', 'checkout', spec)
    for (let round = 0; round < rounds; round++) await world.round()
    return await madeIn(world)
  }

  const plain = await made(small)

  test.each(fieldsOf(structural(projectKind.spec)))(
    'kinds: spec.%s changed -> the operator makes something else of it',
    async (path) => {
      const value = pick(others, path)
      expect([path, value]).not.toEqual([path, undefined])
      expect((await made({ ...small, ...at(path, value) })) === plain).toBe(false)
    },
  )

  test('kinds: the same spec twice -> the operator makes the same of it', async () => {
    expect(await made(small)).toBe(plain)
  })
})

describe('CompactionPolicy', () => {
  async function governed(spec: object): Promise<unknown> {
    const world = await worldOf({})
    await world.apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
    await world.apply('CompactionPolicy', 'a', { selector: {} })
    await world.apply('CompactionPolicy', 'b', spec)
    for (let round = 0; round < rounds; round++) await world.round()
    const { status } = (await world.get(resources.compactionPolicies, 'b'))!
    return (status as { governs: object }).governs
  }

  const none = { clusters: 0, shards: 0, projects: 0 }
  const nobody = { matchLabels: { tier: 'none' } }
  const nobodyElse = { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }

  test('kinds: spec.priority -> the higher one decides', async () => {
    expect(await governed({ selector: {} })).toEqual(none)
    expect(await governed({ selector: {}, priority: 1 })).toEqual({ clusters: 1, shards: 1, projects: 1 })
  })

  test.each(['clusters', 'projects', 'shards'])(
    'kinds: spec.selector.%s -> decides for what it matches',
    async (part) => {
      expect(await governed({ selector: { [part]: {} } })).toMatchObject({ projects: 1 })
      expect(await governed({ selector: { [part]: nobody } })).toEqual(none)
      expect(await governed({ selector: { [part]: nobodyElse } })).toEqual(none)
    },
  )

  test('kinds: fields of the spec -> these are all', () => {
    const fields = fieldsOf(structural(compactionPolicyKind.spec)).map((path) => path.split('.').slice(0, 2).join('.'))
    expect([...new Set(fields)]).toEqual(['selector.clusters', 'selector.projects', 'selector.shards', 'priority'])
  })
})
