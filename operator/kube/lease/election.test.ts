import { expect, it } from 'vitest'
import type { MemoryApi } from '../../../devcluster/api/memory-api.ts'
import { memoryApi } from '../../../test/support/kube-memory.ts'
import { ManualClock, settle } from '../../../test/support/manual-clock.ts'
import type { KubeApi } from '../api.ts'
import { resources } from '../resource.ts'
import { Election } from './election.ts'
import type { Leadership } from './leadership.ts'

const lease = { namespace: 'default', name: 'anabranch-operator' }
const logger = { info: () => {}, warn: () => {}, error: () => {} }

/** A clock of one process: that of the machine, unless the process is stopped. */
class Candidate {
  readonly election: Election
  readonly led: Leadership[] = []
  readonly stop = new AbortController()
  readonly done: Promise<void>

  constructor(identity: string, api: KubeApi, clock: ManualClock) {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(128) }
    this.election = new Election({ api, lease, identity, clock, random, logger })
    this.done = this.election.run(async (leadership) => {
      this.led.push(leadership)
      await new Promise<void>((resolve) => {
        leadership.signal.addEventListener('abort', () => resolve())
        this.stop.signal.addEventListener('abort', () => resolve())
      })
    }, this.stop.signal)
  }

  get leads(): boolean {
    return this.election.leadership !== undefined
  }

  async end(): Promise<void> {
    this.stop.abort()
    await this.done
  }
}

/** The port, which can be cut off. */
class Line {
  up = true
  readonly api: KubeApi

  constructor(api: MemoryApi) {
    this.api = new Proxy(api, {
      get: (target, name) => {
        const method = target[name as keyof MemoryApi] as (...args: unknown[]) => unknown
        return (...args: unknown[]) => {
          if (this.up) return method.apply(target, args)
          const error = new Error('no line')
          if (name === 'watch') throw error
          return Promise.reject(error)
        }
      },
    })
  }
}

const spec = (api: MemoryApi) =>
  api.machinery.get(resources.leases, lease)?.spec as { holderIdentity: string; leaseTransitions: number }

it('election: two candidates -> one leads, the other takes over at once when the Lease is released, with a higher term', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const a = new Candidate('a', api, clock)
  await settle()
  const b = new Candidate('b', api, clock)
  await clock.advance(60_000)
  expect([a.leads, b.leads, a.led[0]?.term]).toEqual([true, false, 1])
  await a.end()
  expect(spec(api)).toMatchObject({ holderIdentity: '', leaseTransitions: 1 })
  await clock.advance(1)
  expect([a.leads, b.leads, b.led[0]?.term]).toEqual([false, true, 2])
  await b.end()
  expect(clock.sleeping).toBe(0)
})

it('election: a standby whose watch does not work -> takes over within 2 s of a release', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const a = new Candidate('a', api, clock)
  await settle()
  const deaf = new Proxy(api, {
    get: (target, name) =>
      name === 'watch'
        ? () => {
            throw new Error('no watch')
          }
        : (target[name as keyof MemoryApi] as (...args: unknown[]) => unknown).bind(target),
  })
  const b = new Candidate('b', deaf, clock)
  await clock.advance(60_000)
  await a.end()
  await clock.advance(2_000)
  expect([b.leads, b.led[0]?.term]).toEqual([true, 2])
  await b.end()
  expect(clock.sleeping).toBe(0)
})

it('election: the leader dies without a word -> the other leads within 14.5 s, not before the time of the lease', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const line = new Line(api)
  const a = new Candidate('a', line.api, clock)
  await settle()
  const b = new Candidate('b', api, clock)
  await clock.advance(30_000)
  line.up = false
  await clock.advance(9_500)
  expect(b.leads).toBe(false)
  await clock.advance(5_000)
  expect([b.leads, b.led[0]?.term]).toEqual([true, 2])
  await Promise.all([a.end(), b.end()])
})

it('election: cut off from the API -> the leader stops acting before anybody else can begin (OPR-1)', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const line = new Line(api)
  const a = new Candidate('a', line.api, clock)
  await settle()
  const b = new Candidate('b', api, clock)
  await clock.advance(30_000)
  line.up = false
  let gap = 0
  while (!b.leads) {
    await clock.advance(100)
    expect(a.leads && b.leads).toBe(false)
    if (!a.leads && !b.leads) gap += 100
  }
  expect(gap).toBeGreaterThanOrEqual(2_000)
  expect(a.led[0]?.signal.aborted).toBe(true)
  line.up = true
  await clock.advance(30_000)
  expect([a.leads, b.leads]).toEqual([false, true])
  await Promise.all([a.end(), b.end()])
})

it('election: a leader that was stopped past its time and continued -> the first thing that it asks says no', async () => {
  const clock = new ManualClock()
  const a = new Candidate('a', memoryApi(clock), clock)
  await settle()
  const [leadership] = a.led
  expect(leadership!.check()).toBeUndefined()
  // Stopped: its timers do not run, the clock does.
  const now = clock.monotonic()
  clock.monotonic = () => now + 8_000
  expect(() => leadership!.check()).toThrow(/LEADER_LOST: term 1: its time ran out/)
  clock.monotonic = () => now
  expect(() => leadership!.check()).toThrow(/LEADER_LOST/)
  await a.end()
})

it('election: somebody else touches the Lease, or a reply is lost -> the leader stays', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const a = new Candidate('a', api, clock)
  await clock.advance(5_000)
  for (let round = 0; round < 5; round++) {
    const body = { metadata: { annotations: { touched: String(round) } } }
    api.machinery.patch(resources.leases, lease, { type: 'merge', body })
    await clock.advance(5_000)
  }
  expect([a.leads, a.led.length]).toEqual([true, 1])
  await a.end()
})

it('election: the Lease is taken by hand -> the leader ends at its next renewal', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const a = new Candidate('a', api, clock)
  await clock.advance(5_000)
  api.machinery.patch(resources.leases, lease, { type: 'merge', body: { spec: { holderIdentity: 'someone' } } })
  await clock.advance(2_100)
  expect([a.leads, a.led[0]?.signal.aborted]).toEqual([false, true])
  await a.end()
  expect(spec(api).holderIdentity).toBe('someone')
})

it('election: the Lease is deleted -> the term still rises, above all that this process has heard of', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const a = new Candidate('a', api, clock)
  await clock.advance(5_000)
  api.machinery.delete(resources.leases, lease)
  await clock.advance(5_000)
  expect(a.led.map(({ term }) => term)).toEqual([1, 2])
  a.election.sawTerm(40)
  api.machinery.delete(resources.leases, lease)
  await clock.advance(5_000)
  expect(a.led.map(({ term }) => term)).toEqual([1, 2, 41])
  await a.end()
})
