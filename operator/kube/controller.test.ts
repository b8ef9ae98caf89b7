import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { configMap } from '../../test/support/kube-contract.ts'
import { countingRandom, memoryApi } from '../../test/support/kube-memory.ts'
import { ManualClock, settle } from '../../test/support/manual-clock.ts'
import { Controller, enqueueFrom, type Reconciled } from './controller.ts'
import { Informers } from './informer.ts'
import { runtimeMetrics } from './metrics.ts'
import { keyOf, keyText } from './object.ts'
import { WorkQueue } from './queue/queue.ts'
import { resources } from './resource.ts'
import { resync } from './resync.ts'
import { StatusError } from './status-error.ts'
import { Store } from './store.ts'

const logger = { info: () => {}, warn: () => {}, error: () => {} }

function start(reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled>, workers = 1) {
  const clock = new ManualClock()
  const registry = new Registry()
  const metrics = runtimeMetrics(registry, { host: 'test', lease: 'operator' })
  const queue = new WorkQueue(clock, metrics.queue('shards'))
  const controller = new Controller({
    name: 'shards',
    queue,
    workers,
    reconcile,
    timeoutMs: 1000,
    clock,
    logger,
    metrics: metrics.controller('shards'),
  })
  const stop = new AbortController()
  const done = controller.run(stop.signal)
  return {
    clock,
    registry,
    metrics,
    queue,
    value: async (name: string, labels: Record<string, string> = {}) => {
      const { values } = (await registry.getSingleMetric(name)!.get()) as {
        values: { value: number; labels: object }[]
      }
      return values.find((one) =>
        Object.entries(labels).every(([key, value]) => (one.labels as Record<string, unknown>)[key] === value),
      )?.value
    },
    end: async () => {
      stop.abort()
      await done
      queue.close()
    },
  }
}

it('controller: a reconcile that fails -> comes again after pauses that double, and is forgotten when it succeeds', async () => {
  const at: number[] = []
  const world = start(async () => {
    at.push(world.clock.monotonic())
    if (at.length < 4) throw new Error('not yet')
    return {}
  })
  world.queue.add('a')
  await world.clock.advance(1000)
  expect(at.map((time, index) => time - (at[index - 1] ?? 0))).toEqual([0, 5, 10, 20])
  expect([world.queue.failuresOf('a'), world.queue.size]).toEqual([0, 0])
  expect(await world.value('controller_runtime_reconcile_total', { result: 'error' })).toBe(3)
  expect(await world.value('controller_runtime_reconcile_total', { result: 'success' })).toBe(1)
  expect(await world.value('workqueue_retries_total')).toBe(3)
  await world.end()
})

it('controller: a server that asks to come back later is obeyed', async () => {
  const at: number[] = []
  const world = start(async () => {
    at.push(world.clock.monotonic())
    if (at.length > 1) return {}
    throw new StatusError({
      status: 429,
      reason: 'TooManyRequests',
      message: 'busy',
      request: 'GET x',
      retryAfterMs: 7000,
    })
  })
  world.queue.add('a')
  await world.clock.advance(10_000)
  expect(at).toEqual([0, 7000])
  await world.end()
})

it('controller: a reconcile that hangs -> is told to stop after its time, and comes again', async () => {
  let tries = 0
  const world = start(async (_, signal) => {
    if (++tries > 1) return {}
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  world.queue.add('a')
  await world.clock.advance(500)
  expect([tries, await world.value('controller_runtime_active_workers')]).toEqual([1, 1])
  expect(await world.value('workqueue_longest_running_processor_seconds')).toBe(0.5)
  await world.clock.advance(1000)
  expect([tries, await world.value('controller_runtime_active_workers')]).toEqual([2, 0])
  await world.end()
})

it('controller: asked to look again later -> does; stopped -> ends what runs and takes nothing more', async () => {
  const seen: string[] = []
  const world = start(async (key) => {
    seen.push(key)
    return { requeueAfterMs: 1000 }
  })
  world.queue.add('a')
  await world.clock.advance(3500)
  expect(seen).toHaveLength(4)
  await world.end()
  world.queue.add('b')
  await settle()
  expect(seen).toHaveLength(4)
  expect(world.clock.sleeping).toBe(0)
})

it('controller: many keys, several workers -> never two on one key', async () => {
  const now = new Set<string>()
  let most = 0
  const world = start(async (key) => {
    expect(now.has(key)).toBe(false)
    now.add(key)
    most = Math.max(most, now.size)
    await world.clock.sleep(10)
    now.delete(key)
    return {}
  }, 3)
  for (let round = 0; round < 5; round++) {
    for (const key of ['a', 'b', 'c', 'd']) world.queue.add(key)
    await world.clock.advance(5)
  }
  await world.clock.advance(1000)
  expect([most, world.queue.size]).toEqual([3, 0])
  await world.end()
})

it('informers: several kinds -> all full before synced, changes wake the owner, what was there comes last', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  for (const name of ['a', 'b']) api.machinery.create(resources.configMaps, configMap('default', name))
  const informers = new Informers({ api, clock, random: countingRandom(), logger })
  const store = informers.watch({ resource: resources.configMaps, selection: { namespace: 'default' } })
  informers.watch({ resource: resources.secrets })
  const queue = new WorkQueue(clock)
  enqueueFrom(store, queue, ({ object }) => [keyText(keyOf(object))])
  expect(informers.waitingFor).toEqual(['configmaps', 'secrets'])
  const stop = new AbortController()
  const done = informers.run(stop.signal)
  await informers.synced()
  expect([informers.waitingFor, store.size, informers.storeOf(resources.pods)]).toEqual([[], 2, undefined])
  api.machinery.create(resources.configMaps, configMap('default', 'new'))
  await settle()
  const order = []
  for (let taken = 0; taken < 3; taken++) {
    const { key } = await queue.take(stop.signal)
    order.push(key)
    queue.done(key)
  }
  expect(order).toEqual(['default/new', 'default/a', 'default/b'])
  stop.abort()
  await done
})

it('resync: every so often each object comes again, behind what changes', async () => {
  const clock = new ManualClock()
  const store = new Store()
  const { machinery } = memoryApi(clock)
  for (const name of ['a', 'b']) store.put(machinery.create(resources.configMaps, configMap('default', name)))
  const queue = new WorkQueue(clock)
  const stop = new AbortController()
  const done = resync({ store, queue, everyMs: 1000, clock, random: countingRandom() }, stop.signal)
  await clock.advance(899)
  expect(queue.size).toBe(0)
  await clock.advance(201)
  expect(queue.size).toBe(2)
  queue.add('default/now')
  expect(await queue.take(stop.signal)).toEqual({ key: 'default/now', priority: 0 })
  stop.abort()
  await done
  expect(clock.sleeping).toBe(0)
})
