import { expect, it } from 'vitest'
import type { EventClusterStatus } from '../../crds/kinds/event-cluster-status.ts'
import { mapOf } from '../../sim/operator/cluster/plane.ts'
import { namespace, OperatorWorld } from '../../test/support/operator/world.ts'
import type { EventCluster, Shard } from '../kube/kinds.ts'
import { resources } from '../kube/resource.ts'
import { labelNames } from '../render/names.ts'
import { reconciledKinds } from './kinds.ts'

async function statusOf(world: OperatorWorld, name = 'shop'): Promise<EventClusterStatus> {
  return ((await world.get(resources.eventClusters, name)) as EventCluster).status!
}

async function conditionOf(world: OperatorWorld, type: string, name = 'shop') {
  const found = (await statusOf(world, name)).conditions?.find((one) => one.type === type)
  return found && `${found.status} ${found.reason}: ${found.message}`
}

/** A cluster that serves. */
async function serving(spec: object = {}): Promise<OperatorWorld> {
  const world = new OperatorWorld()
  await world.apply('EventCluster', 'shop', spec)
  await world.apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
  await world.settle()
  expect((await statusOf(world)).phase).toBe('Ready')
  return world
}

/** Never fewer replicas of a shard serve than `least`, whatever is done until it settles. */
async function settleKeeping(world: OperatorWorld, least: number): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY
  let quiet = 0
  for (let round = 0; quiet < 13; round++) {
    if (round > 300) throw new Error(`not settled: ${world.writes.slice(-8).join(', ')}`)
    const before = world.api.machinery.storage.revision
    await world.round()
    const up = [...world.plane.processes.values()].filter(
      ({ role, state }) => role === 'replica' && state === 'serving',
    )
    lowest = Math.min(lowest, up.length)
    quiet = world.api.machinery.storage.revision === before ? quiet + 1 : 0
  }
  expect(lowest).toBeGreaterThanOrEqual(least)
  return lowest
}

it('reconcile: an EventCluster of the smallest kind -> Ready; then, and after a restart of the operator, nothing is written (OPR-2)', async () => {
  const world = await serving()
  const before = world.writes.length
  for (let round = 0; round < 20; round++) await world.round()
  expect(world.writes.slice(before)).toEqual([])
  expect(world.writes.length).toBeLessThan(60)
  expect(await world.names(resources.pods)).toEqual(expect.arrayContaining(['shop-0-0', 'shop-log']))
  expect(await statusOf(world)).toMatchObject({
    summary: { shards: '1/1', replicas: '1/1', ingest: '1/1', query: '1/1' },
    routing: { configMap: 'shop-routing', pods: 2, podsConfirmed: 2 },
  })
  expect(await world.map()).toMatchObject({ shards: [{ id: '0', primary: 'shop-0-0' }] })
  const project = await world.get(resources.projects, 'checkout')
  expect(project?.status).toMatchObject({ summary: { tokens: '2/2' } })
  expect(await world.names(resources.secrets)).toEqual(['checkout-ingest', 'checkout-query', 'shop-access'])
})

it.each([{}, { shard: { replicas: 2 }, ingest: { replicas: 2 }, query: { replicas: 3 } }])(
  'reconcile: a new cluster %j -> its phase is Creating until all is there, then Ready, and nothing between (OPR-2)',
  async (spec) => {
    const world = new OperatorWorld()
    await world.apply('EventCluster', 'shop', { ...spec, upgrade: { minReadySeconds: 10 } })
    const phases: unknown[] = []
    let rounds = 0
    while (phases.at(-1) !== 'Ready' || rounds++ < 15) {
      expect(phases.length, phases.join()).toBeLessThan(5)
      await world.round()
      const { phase } = await statusOf(world)
      if (phase !== phases.at(-1)) phases.push(phase)
      const [ready, moving] = [await conditionOf(world, 'Ready'), await conditionOf(world, 'Reconciling')]
      if (phase === 'Creating') expect(moving).toMatch(/^True Creating/)
      else expect([ready, moving]).toEqual(['True Serving: 1/1 shards serve', expect.stringMatching(/^False InSync/)])
    }
    expect(phases).toEqual(['Creating', 'Ready'])
  },
)

it('reconcile: more pods of ingest and query -> Scaling, and Updated stays True', async () => {
  const world = await serving()
  await world.apply('EventCluster', 'shop', { ingest: { replicas: 2 }, query: { replicas: 2 } })
  const seen = new Set<string | undefined>()
  await world.until('scaled', async () => {
    seen.add(await conditionOf(world, 'Updated'))
    return (await statusOf(world)).summary?.query === '2/2' && (await statusOf(world)).phase === 'Ready'
  })
  expect([...seen].map((said) => said?.split(':')[0])).toEqual(['True OnWantedRevision'])
})

it('reconcile: replicas from 1 to 3 and back to 1 -> one by one in order, one always serves, caches go too (OPR-1)', async () => {
  const world = await serving()
  await world.apply('EventCluster', 'shop', { shard: { replicas: 3 } })
  await settleKeeping(world, 1)
  expect((await world.map()).shards[0]!.replicas.map(({ name }) => name)).toEqual(['shop-0-0', 'shop-0-1', 'shop-0-2'])
  expect(await conditionOf(world, 'Redundant')).toContain('True TwoOrMoreReady')
  const made = world.writes.filter((write) => write.startsWith('create pods shop-0-'))
  expect(made).toEqual(['create pods shop-0-0', 'create pods shop-0-1', 'create pods shop-0-2'])
  await world.apply('EventCluster', 'shop', { shard: { replicas: 1 } })
  await settleKeeping(world, 1)
  const gone = world.writes.filter((write) => write.startsWith('delete'))
  expect(gone).toEqual([
    'delete pods shop-0-2',
    'delete persistentvolumeclaims shop-0-2',
    'delete pods shop-0-1',
    'delete persistentvolumeclaims shop-0-1',
  ])
  expect((await statusOf(world)).phase).toBe('Ready')
})

it('reconcile: a query pod was evicted and stays listed -> a replica above the wanted number still leaves', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  const evicted = (await world.names(resources.pods)).find((name) => name.startsWith('shop-query'))!
  const body = { status: { phase: 'Failed', conditions: [], containerStatuses: [] } }
  await world.api.patch(
    resources.pods,
    { namespace, name: evicted },
    { type: 'merge', body },
    { subresource: 'status' },
  )
  await world.apply('EventCluster', 'shop', { shard: { replicas: 1 } })
  await settleKeeping(world, 1)
  expect(await world.names(resources.pods)).toContain(evicted)
  expect(await world.names(resources.pods)).not.toContain('shop-0-1')
  expect((await statusOf(world)).phase).toBe('Ready')
})

it('reconcile: the only replica that serves is above the wanted number -> it stays, with the reason (OPR-1)', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  world.plane.of('shop-0-0').state = 'stuck'
  await world.apply('EventCluster', 'shop', { shard: { replicas: 1 } })
  await world.settle()
  expect((await statusOf(world)).phase).toBe('Degraded')
  await world.settle(70)
  expect(await world.names(resources.pods)).toContain('shop-0-1')
  expect(await statusOf(world)).toMatchObject({
    phase: 'Stalled',
    blocked: [{ act: 'RemoveReplica', object: 'shop-0-1', veto: 'LastServing' }],
  })
  expect(world.notes.filter((note) => note.includes('LastServing'))).not.toEqual([])
  expect((await world.map()).shards[0]!.replicas.map(({ name }) => name)).toContain('shop-0-1')
  world.plane.of('shop-0-0').state = 'serving'
  await world.settle()
  expect(await world.names(resources.pods)).not.toContain('shop-0-1')
})

it('reconcile: a replica that does not answer -> unknown is no: nothing of the shard is removed (OPR-1)', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  world.plane.of('shop-0-0').hangs = true
  await world.apply('EventCluster', 'shop', { shard: { replicas: 1 } })
  await world.settle()
  expect(await world.names(resources.pods)).toContain('shop-0-1')
})

it('reconcile: a new image -> replicas one at a time, primary handed over first, then log, query, ingest', async () => {
  const world = await serving({ shard: { replicas: 2 }, sharding: { count: 2 }, upgrade: { minReadySeconds: 2 } })
  const primaryAtDelete: string[] = []
  world.onWrite = (write) => {
    const [, pod] = /^delete pods (shop-\d-\d)$/.exec(write) ?? []
    if (pod === undefined) return
    const said = [...world.plane.processes.values()].filter(({ shard, role }) => role === 'replica' && shard === pod[5])
    const line = mapOf(said[0]!).shards.find(({ id }) => id === pod[5])
    if (line?.primary === pod) primaryAtDelete.push(pod)
  }
  const before = world.writes.length
  await world.apply('EventCluster', 'shop', {
    ...{ shard: { replicas: 2 }, sharding: { count: 2 }, upgrade: { minReadySeconds: 2 } },
    image: 'anabranch:2',
  })
  const lowest = await settleKeeping(world, 3)
  expect(lowest).toBe(3)
  expect(primaryAtDelete).toEqual([])
  const done = world.writes.slice(before).filter((write) => /^delete|deployments/.test(write))
  expect(done).toEqual([
    ...['delete pods shop-0-1', 'delete pods shop-0-0', 'delete pods shop-1-1', 'delete pods shop-1-0'],
    ...['delete pods shop-log', 'apply deployments shop-query', 'apply deployments shop-ingest'],
  ])
  expect(await statusOf(world)).toMatchObject({ phase: 'Ready', versions: { image: 'anabranch:2' } })
})

it('reconcile: an image that cannot be pulled -> the roll stops at one replica; a changed mind heals it', async () => {
  const world = await serving({ shard: { replicas: 2 }, sharding: { count: 2 } })
  const spec = { shard: { replicas: 2 }, sharding: { count: 2 } }
  await world.apply('EventCluster', 'shop', { ...spec, image: 'bad:2' })
  await settleKeeping(world, 3)
  expect(await conditionOf(world, 'Stalled')).toContain('True ImageNotPulled: Shard shop-0: pod shop-0-1: image bad:2')
  expect(await conditionOf(world, 'Ready')).toContain('True')
  await world.apply('EventCluster', 'shop', { ...spec, image: 'anabranch:1' })
  await settleKeeping(world, 3)
  expect(await statusOf(world)).toMatchObject({ phase: 'Ready', versions: { image: 'anabranch:1' } })
  expect(await conditionOf(world, 'Updated')).toContain('True')
})

it('reconcile: replicas that differ in the middle of a roll -> held, and goes on when they agree (AUD-1)', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  world.plane.of('shop-0-0').audit = 'diverged'
  await world.settle()
  await world.apply('EventCluster', 'shop', { shard: { replicas: 2 }, image: 'anabranch:2' })
  await world.settle()
  expect(await conditionOf(world, 'Updated')).toContain('False HeldOnDivergence')
  expect(world.writes.filter((write) => write.startsWith('delete'))).toEqual([])
  world.plane.of('shop-0-0').audit = 'audited'
  await world.settle()
  expect(await conditionOf(world, 'Updated')).toContain('True')
})

it('reconcile: paused in the middle of a roll -> nothing changes until it goes on', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  await world.apply('EventCluster', 'shop', { shard: { replicas: 2 }, image: 'anabranch:2' })
  await world.until('first pod gone', () => world.writes.some((write) => write === 'delete pods shop-0-1'))
  await world.apply('EventCluster', 'shop', { shard: { replicas: 2 }, image: 'anabranch:2', paused: true })
  const before = world.writes.length
  await world.settle()
  expect(world.writes.slice(before).filter((write) => !write.includes('/status'))).toEqual([])
  expect(await statusOf(world)).toMatchObject({ phase: 'Paused' })
  await world.apply('EventCluster', 'shop', { shard: { replicas: 2 }, image: 'anabranch:2', paused: false })
  await world.settle()
  expect(await statusOf(world)).toMatchObject({ phase: 'Ready' })
})

it('reconcile: deleted with Retain -> log, store, map and tokens stay; the id adopts them under another name', async () => {
  const world = await serving({ id: 'shop-eu', sharding: { count: 2 } })
  const before = await world.map()
  await world.delete('EventCluster', 'shop')
  await world.settle()
  expect(await world.names(resources.eventClusters)).toEqual([])
  expect(await world.names(resources.pods)).toEqual([])
  expect(await world.names(resources.persistentVolumeClaims)).toEqual(['shop-log', 'shop-store'])
  expect(await world.names(resources.configMaps)).toEqual(['shop-routing'])
  expect(await world.names(resources.secrets)).toEqual(['checkout-ingest', 'checkout-query'])
  await world.apply('EventCluster', 'store', { id: 'shop-eu', sharding: { count: 2 } })
  await world.settle()
  expect(await statusOf(world, 'store')).toMatchObject({ phase: 'Ready', data: { id: 'shop-eu', origin: 'Adopted' } })
  expect(await world.names(resources.persistentVolumeClaims)).toEqual([
    'shop-log',
    'shop-store',
    'store-0-0',
    'store-1-0',
  ])
  expect(await world.names(resources.configMaps)).toEqual(['store-routing'])
  const after = await world.map('store')
  expect(after.routingEpoch).toBeGreaterThan(before.routingEpoch)
  expect(after.shards.map(({ id, start, end }) => ({ id, start, end }))).toEqual(
    before.shards.map(({ id, start, end }) => ({ id, start, end })),
  )
})

it('reconcile: deleted with Delete and its confirmation -> everything is gone', async () => {
  const world = await serving({ deletion: { policy: 'Delete', confirm: 'shop' } })
  await world.delete('EventCluster', 'shop')
  await world.settle()
  for (const resource of [
    resources.eventClusters,
    resources.shards,
    resources.pods,
    resources.persistentVolumeClaims,
  ]) {
    expect(await world.names(resource)).toEqual([])
  }
  expect(await world.names(resources.configMaps)).toEqual([])
  expect(await world.names(resources.secrets)).toEqual([])
})

it('reconcile: deleted with Delete before the former cluster’s data was taken over -> all of it goes, not half', async () => {
  const world = await serving({ id: 'shop-eu' })
  await world.delete('EventCluster', 'shop')
  await world.settle()
  await world.apply('EventCluster', 'store', { id: 'shop-eu', deletion: { policy: 'Delete', confirm: 'store' } })
  const before = world.writes.length
  world.kill = { at: 'every' }
  await world.until('half is taken over', () =>
    world.writes.slice(before).some((one) => one.endsWith('claims shop-log')),
  )
  world.kill = undefined
  await world.delete('EventCluster', 'store')
  await world.settle()
  expect(await world.names(resources.eventClusters)).toEqual([])
  expect(await world.names(resources.persistentVolumeClaims)).toEqual([])
  expect(await world.names(resources.configMaps)).toEqual([])
})

it('reconcile: data of another id under the names of a cluster -> stalled, nothing is touched (OPR-1)', async () => {
  const world = await serving({ id: 'shop-eu' })
  await world.delete('EventCluster', 'shop')
  await world.settle()
  await world.apply('EventCluster', 'shop', { id: 'other' })
  const before = world.writes.length
  await world.settle()
  expect(await conditionOf(world, 'Stalled')).toContain('holds the data of id shop-eu, not of other')
  expect(world.writes.slice(before).filter((write) => !write.includes('/status'))).toEqual([])
})

it('reconcile: the volume of the log is lost -> no empty one takes its place, and no replica is removed (OPR-1)', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  await world.api.delete(resources.persistentVolumeClaims, { namespace, name: 'shop-log' }, {})
  await world.apply('EventCluster', 'shop', { shard: { replicas: 1 }, image: 'anabranch:2' })
  await world.settle()
  expect(await conditionOf(world, 'Stalled')).toContain('True VolumeLost: claim shop-log of the log is gone')
  expect(await world.names(resources.pods)).toEqual(expect.arrayContaining(['shop-0-0', 'shop-0-1']))
  expect(await world.names(resources.persistentVolumeClaims)).not.toContain('shop-log')
})

it('reconcile: settings, tokens and quotas change -> every pod has them, no pod is restarted', async () => {
  const world = await serving()
  await world.apply('EventCluster', 'shop', { logLevel: 'Debug', shard: { cut: { maxAgeSeconds: 30 } } })
  await world.apply('Project', 'checkout', {
    ...{ clusterRef: { name: 'shop' }, id: 'checkout' },
    quotas: { ingestEventsPerSecond: 5, scanSizePerQuery: '2Ki' },
  })
  const pods = await world.names(resources.pods)
  await world.settle()
  expect(await world.names(resources.pods)).toEqual(pods)
  for (const process of world.plane.processes.values()) expect(process.settingsVersion).toBe(2)
  const secret = await world.get(resources.secrets, 'shop-access')
  const table = JSON.parse(Buffer.from((secret!.data as { 'access.json': string })['access.json'], 'base64').toString())
  expect(table.projects[0].quotas).toEqual({ ingestEventsPerSecond: 5, scanBytesPerQuery: 2048 })
  expect(world.plane.of('shop-log').settingsVersion).toBe(2)
})

it('reconcile: a shard that people delete -> it goes on serving', async () => {
  const world = await serving()
  await world.delete('Shard', 'shop-0')
  await world.settle()
  const shard = (await world.get(resources.shards, 'shop-0')) as Shard
  expect(shard.metadata.deletionTimestamp).toBeDefined()
  expect(await world.names(resources.pods)).toContain('shop-0-0')
})

it('reconcile: the other replica stops serving between the decision and the act -> the act is not done (OPR-1)', async () => {
  const world = await serving({ shard: { replicas: 2 }, upgrade: { minReadySeconds: 0 } })
  const { status } = world.plane
  let looks = 0
  let isArmed = false
  // Serves while it is decided, and no more when it is asked again right before the act.
  world.plane.status = async (pod) => {
    const said = await status.call(world.plane, pod)
    const isOther = isArmed && pod.name === 'shop-0-0' && ++looks % 2 === 0
    return isOther && said !== undefined ? { ...said, state: 'stuck', reason: 'test' } : said
  }
  await world.apply('EventCluster', 'shop', {
    shard: { replicas: 2 },
    upgrade: { minReadySeconds: 0 },
    image: 'anabranch:2',
  })
  await world.until('its turn', async () => {
    const claim = await world.get(resources.persistentVolumeClaims, 'shop-0-1')
    const pod = await world.get(resources.pods, 'shop-0-1')
    return claim?.metadata.labels?.[labelNames.revision] !== pod?.metadata.labels?.[labelNames.revision]
  })
  isArmed = true
  const shards = reconciledKinds[1]!
  await world.reconcile(shards, 'shop-0')
  expect(looks).toBe(2)
  expect(world.writes.filter((write) => write.startsWith('delete'))).toEqual([])
  world.plane.status = status
  await world.reconcile(shards, 'shop-0')
  expect(world.writes.filter((write) => write.startsWith('delete'))).toEqual(['delete pods shop-0-1'])
})

it('reconcile: two leaders, the former still at work -> pods obey the later one alone (OPR-1)', async () => {
  const world = await serving()
  world.leaderTerm = 2
  await world.apply('EventCluster', 'shop', { logLevel: 'Debug' })
  await world.settle()
  world.leaderTerm = 1
  await world.apply('EventCluster', 'shop', { logLevel: 'Error' })
  await world.settle()
  expect(world.plane.of('shop-log')).toMatchObject({ settingsVersion: 2, leaderTerm: 2 })
  world.leaderTerm = 3
  await world.settle()
  expect(world.plane.of('shop-log')).toMatchObject({ settingsVersion: 3, leaderTerm: 3 })
})

it('reconcile: an object of somebody else under a name of ours -> it is not touched, and the status says so', async () => {
  const world = new OperatorWorld()
  const theirs = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop-query', namespace },
    spec: { selector: { a: 'b' } },
  }
  await world.api.create(resources.services, theirs)
  await world.apply('EventCluster', 'shop', {})
  await world.settle()
  expect(await conditionOf(world, 'Stalled')).toContain('True Forbidden: Service shop-query was made by somebody else')
  expect((await world.get(resources.services, 'shop-query'))?.spec).toEqual(theirs.spec)
})

it('reconcile: a replica is behind the log for a minute -> CaughtUp says so, once; nothing is written while seconds pass (OPR-2)', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  const said = async () => {
    const { status } = (await world.get(resources.shards, 'shop-0')) as Shard
    const { status: is, reason, message } = status!.conditions!.find(({ type }) => type === 'CaughtUp')!
    return `${is} ${reason}: ${message}`
  }
  expect(await said()).toMatch(/^True LagWithinLimit/)
  const process = world.plane.of('shop-0-1')
  const before = world.writes.length
  for (process.lateForMs = 0; process.lateForMs < 120_000; process.lateForMs += 1000) await world.round()
  expect(await said()).toBe('False LagAboveLimit: shop-0-1 is more than 10 s behind the log')
  process.lateForMs = 0
  await world.settle()
  expect(await said()).toMatch(/^True LagWithinLimit/)
  expect(world.writes.slice(before)).toEqual(['apply shards/status shop-0', 'apply shards/status shop-0'])
})

it('reconcile: the routing map is broken by hand -> stalled with the path, the cluster serves on', async () => {
  const world = await serving()
  const config = await world.get(resources.configMaps, 'shop-routing')
  await world.api.replace(resources.configMaps, {
    ...config!,
    data: { 'routing.json': '{}', 'settings.json': '{"version":1}' },
  })
  await world.settle()
  expect(await conditionOf(world, 'Stalled')).toContain('ROUTING_INVALID: ConfigMap shop-routing, routing.json')
  expect(await world.names(resources.pods)).toContain('shop-0-0')
})

it('reconcile: the routing map is deleted -> it is written anew, above every epoch that a pod has', async () => {
  const world = await serving({ shard: { replicas: 2 } })
  const before = await world.map()
  await world.api.delete(resources.configMaps, { namespace, name: 'shop-routing' }, {})
  await world.settle()
  const after = await world.map()
  expect(after.routingEpoch).toBeGreaterThan(before.routingEpoch)
  expect(after.shards).toEqual(before.shards.map((line) => ({ ...line, epoch: expect.any(Number) })))
  expect(await statusOf(world)).toMatchObject({ phase: 'Ready', routing: { pods: 3, podsConfirmed: 3 } })
})

it('reconcile: the table of tokens is deleted -> it is written anew, with the same tokens, above every version that a pod has', async () => {
  const world = await serving()
  await world.apply('Project', 'second', { clusterRef: { name: 'shop' }, id: 'second' })
  await world.settle()
  const tokens = await world.get(resources.secrets, 'checkout-query')
  await world.api.delete(resources.secrets, { namespace, name: 'shop-access' }, {})
  await world.settle()
  expect((await world.get(resources.secrets, 'checkout-query'))?.data).toEqual(tokens?.data)
  const secret = await world.get(resources.secrets, 'shop-access')
  const table = JSON.parse(Buffer.from((secret!.data as { 'access.json': string })['access.json'], 'base64').toString())
  for (const process of world.plane.processes.values()) {
    if (process.role === 'query') expect(process.accessVersion).toBe(table.version)
  }
  expect(table.projects).toHaveLength(2)
})

it('reconcile: the annotation restarted-at -> every pod is made again, once', async () => {
  const spec = { shard: { replicas: 2 } }
  const world = await serving(spec)
  const before = new Set(world.plane.processes.keys())
  await world.apply('EventCluster', 'shop', spec, { 'anabranch.dev/restarted-at': '2026-01-02' })
  await settleKeeping(world, 1)
  const after = [...world.plane.processes.keys()]
  expect(after).toHaveLength(5)
  expect(after.filter((uid) => before.has(uid))).toEqual([])
  const made = world.writes.length
  await world.settle()
  expect(world.writes.length).toBe(made)
})

it('reconcile: networkPolicy None -> the policies go, and come back with Managed', async () => {
  const world = await serving()
  const all = ['shop-ingest', 'shop-log', 'shop-query', 'shop-replica']
  expect(await world.names(resources.networkPolicies)).toEqual(all)
  await world.apply('EventCluster', 'shop', { networkPolicy: 'None' })
  await world.settle()
  expect(await world.names(resources.networkPolicies)).toEqual([])
  await world.apply('EventCluster', 'shop', { networkPolicy: 'Managed' })
  await world.settle()
  expect(await world.names(resources.networkPolicies)).toEqual(all)
})
