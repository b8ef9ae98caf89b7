/** A cluster's life on a real API server, with pods that run and events in them: made, filled, scaled, rolled, deleted, adopted. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin } from '../../dataplane/rpc/remote-admin.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { imageFile } from '../../devcluster/runner/machine/image-file.ts'
import { connectReal } from '../../devcluster/runner/suite/real.ts'
import { makeWorld, type World } from '../../devcluster/runner/suite/world.ts'
import type { EventCluster } from '../../operator/kube/kinds.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { isConflict } from '../../operator/kube/status-error.ts'
import { ports } from '../../operator/render/names.ts'
import { OperatorProcess } from '../support/operator/process.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'

const root = join(import.meta.dirname, '../..')
const day = '2026-03-01'
const events = 200

describeWith('KUBECONFIG', 'an EventCluster on a real API server', () => {
  let world: World
  let operator: OperatorProcess

  beforeAll(async () => {
    const real = await connectReal(process.env)
    for (const plural of ['eventclusters', 'shards', 'projects', 'compactionpolicies']) {
      const definition = parse(readFileSync(join(root, `crds/generated/${plural}.yaml`), 'utf8')) as KubeObject
      await real.api.apply(resources.customResourceDefinitions, definition, { fieldManager: 'test', force: true })
    }
    const images = imageFile(join(root, 'devcluster/runner/images.json'), () => undefined)()
    world = await makeWorld({ ...real, images })
    operator = new OperatorProcess(world.namespace)
    await operator.start()
  })
  afterAll(async () => {
    const { items } = await world.api.list(resources.eventClusters, { namespace: world.namespace })
    for (const { metadata } of items) await world.delete(resources.eventClusters, metadata.name)
    await gone(resources.eventClusters)
    await operator?.stop()
    await world?.end()
  })

  const gone = (resource: Resource) =>
    settled(async () => (await world.api.list(resource, { namespace: world.namespace })).items.length === 0, 60_000)
  const apply = (kind: string, name: string, spec: object) => {
    const resource = Object.values(resources).find((one) => one.kind === kind)!
    const metadata = { name, namespace: world.namespace }
    const object = { apiVersion: 'anabranch.dev/v1alpha1', kind, metadata, spec }
    return world.api.apply(resource, object, { fieldManager: 'kubectl', force: true })
  }
  const cluster = async (name = 'shop') =>
    (await world.api.get(resources.eventClusters, { namespace: world.namespace, name })) as EventCluster
  const condition = async (type: string, name = 'shop') => {
    const { metadata, status } = await cluster(name)
    const found = status?.conditions?.find((one) => one.type === type)
    return found?.observedGeneration === metadata.generation
      ? `${found?.status} ${found?.reason}: ${found?.message}`
      : ''
  }
  const becomes = async (phase: string, name = 'shop') => {
    await settled(async () => {
      const { metadata, status } = await cluster(name)
      return status?.phase === phase && status.observedGeneration === metadata.generation
    }, 90_000).catch(async (error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify((await cluster(name)).status, undefined, 1)}`)
    })
  }
  const token = async (name: string) => {
    const secret = await world.api.get(resources.secrets, { namespace: world.namespace, name })
    return Buffer.from((secret!.data as { token: string }).token, 'base64').toString()
  }
  const url = (service: string) => `http://${world.runner.addressOf(world.namespace, service)}:${ports.http}`
  const count = async (name = 'shop') => {
    const document = {
      type: 'segmentation',
      project: 'checkout',
      from: day,
      to: '2026-03-02',
      select: {},
      measure: 'total',
    }
    const answer = await fetch(`${url(`${name}-query`)}/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await token('checkout-query')}`, 'content-type': 'application/json' },
      body: JSON.stringify(document),
    })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    return (JSON.parse(text) as { result: { overall: { total: number } } }).result.overall.total
  }
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
      items.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`),
    )
  }
  const small = { requests: { cpu: '10m', memory: '64Mi' } }
  const base = {
    ...{ id: 'shop-eu', upgrade: { minReadySeconds: 1 }, log: { partitions: 4, file: { resources: small } } },
    shard: { replicas: 1, resources: small },
  }

  test('the smallest cluster and a project -> Ready, takes events and answers', async () => {
    await apply('EventCluster', 'shop', base)
    await apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
    await becomes('Ready')
    const batch = Array.from({ length: events }, (_, index) => ({
      event: 'Opened',
      properties: { time: Date.parse(day) + index, distinct_id: `user-${index % 7}`, $insert_id: `id-${index}` },
    }))
    const imported = await fetch(`${url('shop-ingest')}/import?strict=1`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${await token('checkout-ingest')}:`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(batch),
    })
    expect(imported.status, await imported.text()).toBe(200)
    await settled(async () => (await count()) === events)
  })

  test('nothing changes, and the operator is restarted -> nothing is written (OPR-2)', async () => {
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
    await apply('EventCluster', 'shop', { ...base, shard: { ...base.shard, cut: { maxAgeSeconds: 1 } } })
    await settled(async () => (await admin.status()).shards[0]!.manifestVersion > shards[0]!.manifestVersion, 20_000)
    admin.close()
    expect((await world.get('shop-0-0'))!.metadata.uid).toBe(pod!.metadata.uid)
  })

  test('two replicas of shards and of query -> Redundant, the same answers', async () => {
    await apply('EventCluster', 'shop', { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 } })
    await settled(async () => (await condition('Redundant')).startsWith('True'), 60_000)
    await becomes('Ready')
    expect(await count()).toBe(events)
  })

  test('a new image, and the operator is killed in the middle -> it ends on the image, no query failed', async () => {
    const spec = { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 }, image: 'anabranch:next' }
    let asked = 0
    const failures: string[] = []
    const stop = new AbortController()
    const asking = (async () => {
      while (!stop.signal.aborted) {
        await count().then(
          (total) => total === events || failures.push(String(total)),
          (error) => failures.push(`${error}`),
        )
        asked++
        await realClock.sleep(50)
      }
    })()
    await apply('EventCluster', 'shop', spec)
    await settled(async () => (await world.get('shop-0-1'))?.metadata.deletionTimestamp !== undefined, 60_000)
    await operator.kill()
    await operator.start()
    await settled(async () => (await condition('Updated')).startsWith('True'), 120_000)
    stop.abort()
    await asking
    expect(failures).toEqual([])
    expect(asked).toBeGreaterThan(50)
    const { items } = await world.api.list(resources.pods, { namespace: world.namespace })
    const images = items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]!.image)
    expect(new Set(images)).toEqual(new Set(['anabranch:next']))
  })

  test('an image that nobody has -> Stalled with name and remedy while it serves; the former image heals it', async () => {
    const spec = { ...base, shard: { ...base.shard, replicas: 2 }, query: { replicas: 2 } }
    await apply('EventCluster', 'shop', { ...spec, image: 'nobody:1' })
    await settled(async () => (await condition('Stalled')).startsWith('True ImageNotPulled'), 60_000)
    expect(await condition('Stalled')).toMatch(/Shard shop-0: pod shop-0-\d: image nobody:1 .*; correct spec.image/)
    expect(await condition('Ready')).toMatch(/^True/)
    expect(await count()).toBe(events)
    await apply('EventCluster', 'shop', { ...spec, image: 'anabranch:next' })
    await settled(async () => (await condition('Stalled')).startsWith('False'), 60_000)
    await becomes('Ready')
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
    await apply('EventCluster', 'shop', spec)
    await settled(async () => (await condition('Stalled')).includes('QuotaExceeded'), 60_000)
    expect(await condition('Stalled')).toContain('exceeded quota: full')
    await world.api.delete(resources.resourceQuotas, metadata)
    await settled(async () => (await condition('Stalled')).startsWith('False'), 60_000)
    await becomes('Ready')
  })

  test('a larger volume -> grows while it is in use, no pod is restarted', async () => {
    const before = await world.get('shop-log')
    const spec = { ...base, shard: { ...base.shard, replicas: 3 }, query: { replicas: 2 }, image: 'anabranch:next' }
    await apply('EventCluster', 'shop', { ...spec, store: { folder: { storage: { size: '20Gi' } } } })
    await settled(async () => (await world.claim('shop-store'))?.spec.resources?.requests?.storage === '20Gi', 30_000)
    await becomes('Ready')
    expect((await world.get('shop-log'))!.metadata.uid).toBe(before!.metadata.uid)
  })

  test('deleted with Retain, made again with its id under another name -> the same answers', async () => {
    await world.delete(resources.eventClusters, 'shop')
    await gone(resources.eventClusters)
    await gone(resources.pods)
    const { items } = await world.api.list(resources.persistentVolumeClaims, { namespace: world.namespace })
    expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(['shop-log', 'shop-store'])
    await apply('EventCluster', 'store', base)
    await world.delete(resources.projects, 'checkout')
    await apply('Project', 'checkout', { clusterRef: { name: 'store' }, id: 'checkout' }).catch((error: unknown) => {
      if (!isConflict(error)) throw error
    })
    await becomes('Ready', 'store')
    expect((await cluster('store')).status?.data).toEqual({ id: 'shop-eu', origin: 'Adopted' })
    await settled(async () => (await count('store').catch(() => 0)) === events, 30_000)
  })
})
