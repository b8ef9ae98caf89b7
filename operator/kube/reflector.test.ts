import { afterEach, expect, it } from 'vitest'
import type { Clock } from '../../dataplane/core/ports.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { Fault, Seen } from '../../devcluster/api/http/faults.ts'
import { configMap } from '../../test/support/kube-contract.ts'
import { type HttpWorld, type HttpWorldOptions, httpWorld } from '../../test/support/kube-http.ts'
import { countingRandom } from '../../test/support/kube-memory.ts'
import { settled } from '../../test/support/until.ts'
import type { WatchEvent } from './api.ts'
import { Reflector, type ReflectorEvent, type ReflectorLimits } from './reflector.ts'
import { resources } from './resource.ts'
import { Store } from './store.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const logger = { info: () => {}, warn: () => {}, error: () => {} }
const fast: Partial<ReflectorLimits> = { backoffFirstMs: 1, backoffMaxMs: 20 }

interface World extends HttpWorld {
  readonly store: Store
  readonly reflector: Reflector
  readonly seen: ReflectorEvent[]
  readonly told: string[]
  /** Times that the reflector stood back for others. */
  turns: number
  make(name: string, data?: Record<string, string>): void
  /** Resolves when the store has exactly these. */
  holds(...names: string[]): Promise<void>
}

/** A reflector of config maps in `shop`, not yet running unless `run`. */
async function start({
  limits,
  run = true,
  ...options
}: HttpWorldOptions & { limits?: Partial<ReflectorLimits>; run?: boolean } = {}): Promise<World & { run: () => void }> {
  const http = await httpWorld(realClock, options)
  http.machinery.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const store = new Store()
  const seen: ReflectorEvent[] = []
  const told: string[] = []
  store.listen(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
  const stop = new AbortController()
  let turns = 0
  const clock: Clock = {
    now: realClock.now,
    monotonic: realClock.monotonic,
    sleep: (ms, signal) => {
      if (ms === 0) turns++
      return realClock.sleep(ms, signal)
    },
  }
  const reflector = new Reflector({
    api: http.api,
    resource: resources.configMaps,
    selection: { namespace: 'shop' },
    store,
    clock,
    random: countingRandom(),
    logger,
    limits: { ...fast, ...limits },
    observe: (what) => seen.push(what),
  })
  let running: Promise<void> | undefined
  const begin = () => {
    running = reflector.run(stop.signal)
  }
  stops.push(async () => {
    stop.abort()
    await http.stop()
    await running
  })
  const world = {
    ...http,
    store,
    reflector,
    seen,
    told,
    get turns() {
      return turns
    },
    run: begin,
    make: (name: string, data: Record<string, string> = {}) => {
      http.machinery.create(resources.configMaps, configMap('shop', name, data))
    },
    holds: (...names: string[]) =>
      settled(
        () =>
          [...store.values()]
            .map(({ metadata }) => metadata.name)
            .sort()
            .join() === names.sort().join(),
      ),
  }
  if (run) {
    begin()
    await reflector.synced
  }
  return world
}

const watches = ({ watch }: Seen) => watch
const lists = ({ watch, method }: Seen) => !watch && method === 'GET'
const count = (world: World, what: ReflectorEvent) => world.seen.filter((one) => one === what).length

it('reflector: what is there and what comes later -> in the store, told once each', async () => {
  const world = await start({ run: false })
  world.make('a')
  world.run()
  await world.holds('a')
  world.make('b')
  world.machinery.delete(resources.configMaps, { namespace: 'shop', name: 'a' })
  await world.holds('b')
  expect(world.told).toEqual(['added a', 'added b', 'deleted a'])
})

it('reflector: more objects than a page -> pages of one version, with a turn for others between them', async () => {
  const world = await start({ run: false, limits: { pageObjects: 10 } })
  for (let index = 0; index < 95; index++) world.make(`x${index}`)
  world.run()
  await world.reflector.synced
  expect(world.store.size).toBe(95)
  expect([world.server.requests.get('GET'), world.turns]).toEqual([10, 9])
})

it('reflector: the token of a page expires -> listed anew; when it happens again, in one piece', async () => {
  const world = await start({ run: false, limits: { pageObjects: 10 } })
  for (let index = 0; index < 25; index++) world.make(`x${index}`)
  const gone: Fault = { kind: 'status', status: 410, reason: 'Expired' }
  world.server.faults.add(
    gone,
    ({ path }) => path.endsWith('configmaps') && (world.server.requests.get('GET') ?? 0) % 2 === 0,
    2,
  )
  world.run()
  await world.reflector.synced
  expect(world.store.size).toBe(25)
  expect(world.server.requests.get('GET')).toBe(5)
})

it.each<[string, Fault]>([
  ['a reset before the answer', { kind: 'reset' }],
  ['503', { kind: 'status', status: 503, reason: 'ServiceUnavailable' }],
  ['429', { kind: 'status', status: 429, reason: 'TooManyRequests' }],
  ['500', { kind: 'status', status: 500, reason: 'InternalError' }],
])('reflector: the first list meets %s, five times -> it goes on', async (_, fault) => {
  const world = await start({ run: false })
  world.make('a')
  world.server.faults.add(fault, lists, 5)
  world.run()
  await world.holds('a')
  expect(count(world, 'failure')).toBe(5)
})

it.each<[string, Fault]>([
  ['a reset before the answer', { kind: 'reset' }],
  ['503', { kind: 'status', status: 503, reason: 'ServiceUnavailable' }],
  ['a reset after an event', { kind: 'watch', resetAfter: 1 }],
  ['a garbled line', { kind: 'watch', change: () => ['{"type":"ADDED","object":{"meta'] }],
  ['an unknown type of event', { kind: 'watch', change: () => ['{"type":"SURPRISE","object":{}}'] }],
])('reflector: a watch meets %s -> taken up where it was, without a new list', async (_, fault) => {
  const world = await start()
  world.server.faults.add(fault, watches, 3)
  world.server.cutAll()
  let made = 0
  await settled(() => {
    // Each event gives one faulty watch something to break on.
    world.make(`x${made++}`)
    return world.server.faults.left === 0
  })
  world.make('last')
  await settled(() => world.store.get({ namespace: 'shop', name: 'last' }) !== undefined)
  expect(world.store.size).toBe(
    world.machinery.storage.at(resources.configMaps, world.machinery.storage.revision)!.size,
  )
  expect(count(world, 'list')).toBe(1)
})

it('reflector: 410 in the answer or in the stream -> a new list, whose difference is told', async () => {
  const world = await start()
  world.make('a')
  world.make('b')
  await world.holds('a', 'b')
  world.server.faults.add({ kind: 'hang' }, watches)
  world.server.cutAll()
  await settled(() => world.server.faults.left === 0)
  world.machinery.delete(resources.configMaps, { namespace: 'shop', name: 'a' })
  world.make('c')
  world.machinery.storage.compact()
  world.server.cutAll()
  await world.holds('b', 'c')
  expect(world.told).toEqual(['added a', 'added b', 'deleted a', 'added c'])
  expect([count(world, 'expired'), count(world, 'list')]).toEqual([1, 2])
})

it('reflector: a watch that falls silent with its connection open -> given up and taken up, without a new list', async () => {
  const world = await start({ limits: { silenceMs: 60 }, bookmarkMs: 20 })
  world.server.faults.add({ kind: 'watch', change: () => [] }, watches)
  world.server.cutAll()
  await settled(() => world.server.faults.left === 0)
  world.make('a')
  await world.holds('a')
  expect([count(world, 'silence') > 0, count(world, 'list')]).toEqual([true, 1])
})

it('reflector: bookmarks count as life, so a watch on which nothing happens stays', async () => {
  const world = await start({ limits: { silenceMs: 1000 }, bookmarkMs: 50 })
  const before = world.store.version
  world.machinery.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'shop' },
  })
  await settled(() => Number(world.store.version) > Number(before))
  const long = realClock.monotonic() + 1500
  await settled(() => realClock.monotonic() > long)
  expect([count(world, 'silence'), world.server.requests.get('WATCH')]).toEqual([0, 1])
})

it('reflector: old and repeated events -> refused, the newest object stays', async () => {
  const world = await start()
  const history: WatchEvent[] = []
  const replay = (event: WatchEvent) => {
    history.push(event)
    return [event, ...history]
  }
  world.server.faults.add({ kind: 'watch', change: replay }, watches)
  world.server.cutAll()
  await settled(() => world.server.faults.left === 0)
  world.make('a', { n: '0' })
  for (let n = 1; n <= 5; n++) {
    world.machinery.patch(
      resources.configMaps,
      { namespace: 'shop', name: 'a' },
      { type: 'merge', body: { data: { n: String(n) } } },
    )
  }
  await settled(() => (world.store.get({ namespace: 'shop', name: 'a' })?.data as { n: string })?.n === '5')
  world.make('b')
  await world.holds('a', 'b')
  expect(world.store.get({ namespace: 'shop', name: 'a' })?.data).toEqual({ n: '5' })
  expect(world.told).toEqual(['added a', ...Array(5).fill('updated a'), 'added b'])
})

it('reflector: Retry-After is obeyed', async () => {
  const world = await start({ run: false })
  world.server.faults.add({ kind: 'status', status: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 0.3 }, lists)
  const begin = realClock.monotonic()
  world.run()
  await world.reflector.synced
  expect(realClock.monotonic() - begin).toBeGreaterThanOrEqual(290)
})

it('reflector: a server that ends each watch at once -> asked more and more rarely', async () => {
  const world = await start({ run: false, limits: { backoffFirstMs: 10, backoffMaxMs: 10_000 } })
  world.server.faults.add({ kind: 'watch', change: () => [], resetAfter: 0 }, watches, 1000)
  world.run()
  await world.reflector.synced
  world.server.faults.clear()
  expect(world.server.requests.get('WATCH') ?? 0).toBeLessThan(5)
})
