/** A cluster's life on a real API server, with pods that run and events in them: made, filled, scaled, rolled, deleted, adopted. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin } from '../../dataplane/rpc/remote-admin.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { World } from '../../devcluster/runner/suite/world.ts'
import { resources } from '../../operator/kube/resource.ts'
import { isConflict } from '../../operator/kube/status-error.ts'
import { ports } from '../../operator/render/names.ts'
import { OperatorProcess } from '../support/operator/process.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'
import { ClusterUser } from './cluster-user.ts'
import { Exam } from './exam.ts'
import { realWorld } from './real-world.ts'
import { Traffic } from './traffic.ts'

describeWith('KUBECONFIG', 'an EventCluster on a real API server', () => {
  let world: World
  let operator: OperatorProcess
  let user: ClusterUser
  const exam = new Exam('checkout')

  beforeAll(async () => {
    world = await realWorld()
    operator = new OperatorProcess(world.namespace)
    await operator.start()
    user = new ClusterUser(world, 'shop', 'checkout')
  })
  afterAll(async () => {
    const { items } = await world.api.list(resources.eventClusters, { namespace: world.namespace })
    for (const { metadata } of items) await world.delete(resources.eventClusters, metadata.name)
    await user.gone(resources.eventClusters)
    await operator?.stop()
    await world?.end()
  })

  const versions = async () => {
    const kinds = [
      resources.eventClusters,
      resources.shards,
      resources.projects,
      resources.configMaps,
      resources.secrets,
    ]
    const more = [resources.services, resources.networkPolicies, resources.controllerRevisions]
    const lists = await Promise.all(
      [...kinds, ...more].map((kind) => world.api.list(kind, { namespace: world.namespace })),
    )
    return lists.flatMap(({ items }) =>
      items.map(({ kind, metadata, status }) => ({
        object: `${kind} ${metadata.name}`,
        version: metadata.resourceVersion,
        status,
      })),
    )
  }
  const small = { requests: { cpu: '10m', memory: '64Mi' } }
  const base = {
    ...{ id: 'shop-eu', upgrade: { minReadySeconds: 1 }, log: { partitions: 4, file: { resources: small } } },
    shard: { replicas: 1, resources: small },
  }

  test('the smallest cluster and a project -> Ready, takes events and answers', async () => {
    await user.apply('EventCluster', 'shop', base)
    await user.apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
    await user.becomes('Ready')
    await user.send(exam.draw(500))
    await user.examine(exam)
  })

  test('nothing changes, and the operator is restarted -> nothing is written (OPR-2)', async () => {
    await user.rests()
    const before = await versions()
    await operator.kill()
    await operator.start()
    await settled(() => operator.leads(), 40_000)
    await settled(async () => (await operator.reconciles()) >= 2, 60_000)
    expect(await versions()).toEqual(before)
  })

  test('when to cut changes -> the replica that runs cuts by it, no pod is restarted', async () => {
    const pod = await world.get('shop-0-0')
    const address = `${pod!.status!.podIP}:${ports.grpc}`
    const admin = connectAdmin({ address, credentials: plainText, clock: realClock, timeoutMs: 5_000 })
    const { shards } = await admin.status()
    await user.apply('EventCluster', 'shop', { ...base, shard: { ...base.shard, cut: { maxAgeSeconds: 1 } } })
    await settled(async () => (await admin.status()).shards[0]!.manifestVersion > shards[0]!.manifestVersion, 20_000)
    admin.close()
    expect((await world.get('shop-0-0'))!.metadata.uid).toBe(pod!.metadata.uid)
  })

  test('two replicas of shards and of query -> Redundant, the same answers', async () => {
    await user.apply('EventCluster', 'shop', { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 } })
    await settled(async () => (await user.condition('Redundant')).startsWith('True'), 60_000)
    await user.becomes('Ready')
    await user.examine(exam)
  })

  test('a new image, and the operator is killed in the middle -> it ends on the image, no query and no import failed', async () => {
    const spec = { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 }, image: 'anabranch:next' }
    const traffic = new Traffic(user, exam)
    await user.apply('EventCluster', 'shop', spec)
    await settled(async () => (await world.get('shop-0-1'))?.metadata.deletionTimestamp !== undefined, 60_000)
    await operator.kill()
    await operator.start()
    await settled(async () => (await user.condition('Updated')).startsWith('True'), 120_000)
    await traffic.stop()
    expect(traffic.failures).toEqual([])
    expect(traffic.answers).toBeGreaterThan(20)
    await user.examine(exam)
    const { items } = await world.api.list(resources.pods, { namespace: world.namespace })
    const images = items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]!.image)
    expect(new Set(images)).toEqual(new Set(['anabranch:next']))
  })

  test('an image that nobody has -> Stalled with name and remedy while it serves; the former image heals it', async () => {
    const spec = { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 } }
    await user.apply('EventCluster', 'shop', { ...spec, image: 'nobody:1' })
    await settled(async () => (await user.condition('Stalled')).startsWith('True ImageNotPulled'), 60_000)
    expect(await user.condition('Stalled')).toMatch(
      /Shard shop-0: pod shop-0-\d: image nobody:1 .*; correct spec.image/,
    )
    expect(await user.condition('Ready')).toMatch(/^True/)
    await user.examine(exam)
    await user.apply('EventCluster', 'shop', { ...spec, image: 'anabranch:next' })
    await settled(async () => (await user.condition('Stalled')).startsWith('False'), 60_000)
    await user.becomes('Ready')
  })

  test('a quota that is full -> Stalled with its name; more quota heals it', async () => {
    const metadata = { name: 'full', namespace: world.namespace }
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { persistentvolumeclaims: '4' } } }
    await world.api.create(resources.resourceQuotas, quota)
    const spec = { ...base, shard: { ...base.shard, replicas: 3 }, query: { replicas: 2 }, image: 'anabranch:next' }
    await settled(async () => {
      const found = await world.api.get(resources.resourceQuotas, metadata)
      return (found?.status as { used?: object } | undefined)?.used !== undefined
    }, 30_000)
    await user.apply('EventCluster', 'shop', spec)
    await settled(async () => (await user.condition('Stalled')).includes('QuotaExceeded'), 60_000)
    expect(await user.condition('Stalled')).toContain('exceeded quota: full')
    await world.api.delete(resources.resourceQuotas, metadata)
    await settled(async () => (await user.condition('Stalled')).startsWith('False'), 60_000)
    await user.becomes('Ready')
  })

  test('a larger volume -> grows while it is in use, no pod is restarted', async () => {
    const before = await world.get('shop-log')
    const spec = { ...base, shard: { ...base.shard, replicas: 3 }, query: { replicas: 2 }, image: 'anabranch:next' }
    await user.apply('EventCluster', 'shop', { ...spec, store: { folder: { storage: { size: '20Gi' } } } })
    await settled(async () => (await world.claim('shop-store'))?.spec.resources?.requests?.storage === '20Gi', 30_000)
    await user.becomes('Ready')
    expect((await world.get('shop-log'))!.metadata.uid).toBe(before!.metadata.uid)
  })

  test('deleted with Retain, made again with its id under another name -> the same answers', async () => {
    await world.delete(resources.eventClusters, 'shop')
    await user.gone(resources.eventClusters)
    await user.gone(resources.pods)
    const { items } = await world.api.list(resources.persistentVolumeClaims, { namespace: world.namespace })
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['shop-log', 'shop-store'])
    user.cluster = 'store'
    await user.apply('EventCluster', 'store', base)
    await world.delete(resources.projects, 'checkout')
    await user
      .apply('Project', 'checkout', { clusterRef: { name: 'store' }, id: 'checkout' })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error
      })
    await user.becomes('Ready')
    expect((await user.get()).status?.data).toEqual({ id: 'shop-eu', origin: 'Adopted' })
    await user.examine(exam)
  })
})
