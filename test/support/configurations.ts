/**
 * The ways in which the same events can lie in the engine (STYLE 14): each gives views to query, and the events as the
 * log holds them for the oracle. An answer may not depend on which one it was (QRY-1).
 */
import type { ShardView } from '../../dataplane/query/view.ts'
import { markDuplicatesLinear } from '../../oracle/dedupe.ts'
import type { LoggedEvent, SentEvent } from '../../oracle/event.ts'
import { deliver, dump } from './deliver.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryStore } from './memory-store.ts'
import { segmentOf, shardOf } from './segments.ts'
import { caughtUp, openShards } from './shards.ts'
import { generator, shuffled } from './shuffle.ts'

export interface Prepared {
  readonly views: readonly ShardView[]
  readonly logged: readonly LoggedEvent[]
}

export interface Configuration {
  readonly name: string
  /** `seed` decides whatever the configuration leaves to chance. */
  readonly prepare: (events: readonly SentEvent[], seed: string) => Promise<Prepared>
}

export const configurations: readonly Configuration[] = [
  {
    name: 'one segment',
    async prepare(events) {
      const logged = inOrder(events)
      return { logged, views: [shardOf([await segmentOf(markDuplicatesLinear(logged))])] }
    },
  },
  {
    name: 'one event a segment',
    async prepare(events) {
      const logged = inOrder(events)
      const segments = await Promise.all(markDuplicatesLinear(logged).map((event) => segmentOf([event])))
      return { logged, views: [shardOf(segments)] }
    },
  },
  {
    name: 'clipped halves',
    async prepare(events) {
      const logged = inOrder(events)
      const marked = markDuplicatesLinear(logged)
      const middle = marked.length >> 1
      const segments = await Promise.all([marked.slice(0, middle), marked.slice(middle)].map(segmentOf))
      const half = 2 ** 31
      return {
        logged,
        views: [shardOf(segments, { start: 0, end: half }), shardOf(segments, { start: half, end: 2 * half })],
      }
    },
  },
  {
    name: 'tail only',
    async prepare(events) {
      const log = new MemoryLog(4)
      for (const request of requests(events, () => 3)) await deliver(log, request)
      const [shard] = await openShards(log, new MemoryStore())
      return { logged: await dump(log), views: [await shard.view()] }
    },
  },
  {
    name: 'after restart',
    async prepare(events) {
      const [log, store] = [new MemoryLog(2), new MemoryStore()]
      const [before, after] = [events.slice(0, events.length >> 1), events.slice(events.length >> 1)]
      for (const request of requests(before, () => 2)) await deliver(log, request)
      for (const shard of await openShards(log, store)) await shard.cut()
      for (const request of requests(after, () => 2)) await deliver(log, request)
      const [abandoned] = await openShards(log, store)
      await abandoned.view()
      const [shard] = await openShards(log, store)
      return { logged: await dump(log), views: [await shard.view()] }
    },
  },
  {
    name: 'thrice',
    async prepare(events, seed) {
      const [log, store, next] = [new MemoryLog(2), new MemoryStore(), generator(seed)]
      const [shard] = await openShards(log, store)
      for (const request of requests(shuffled([...events, ...events, ...events], seed), () => 1 + next(4))) {
        await deliver(log, request)
        await caughtUp(shard)
        if (next(4) === 0) await shard.cut()
      }
      return { logged: await dump(log), views: [await shard.view()] }
    },
  },
  {
    name: 'at an earlier vector',
    async prepare(events, seed) {
      const [log, store, next] = [new MemoryLog(2), new MemoryStore(), generator(seed)]
      const [shard] = await openShards(log, store)
      for (const request of requests(events, () => 1 + next(3))) await deliver(log, request)
      await caughtUp(shard)
      if (next(2) === 0) await shard.cut()
      const [at, logged] = [shard.applied, await dump(log)]
      // What comes after: the same events as new ones, so that a single row too many shows.
      for (const request of requests(shuffled(events, seed).map(asNew), () => 1 + next(3))) await deliver(log, request)
      await caughtUp(shard)
      if (next(2) === 0) await shard.cut()
      return { logged, views: [await shard.view(at)] }
    },
  },
  {
    name: 'two shards',
    async prepare(events, seed) {
      const [log, store, next] = [new MemoryLog(4), new MemoryStore(), generator(seed)]
      const shards = await openShards(log, store, { count: 2 })
      for (const request of requests(events, () => 1 + next(3))) {
        await deliver(log, request)
        for (const shard of shards) {
          await caughtUp(shard)
          if (next(3) === 0) await shard.cut()
        }
      }
      return { logged: await dump(log), views: await Promise.all(shards.map((shard) => shard.view())) }
    },
  },
]

/** One record per event, in the order given. */
function inOrder(events: readonly SentEvent[]): LoggedEvent[] {
  return events.map((event, offset) => ({ ...event, position: { partition: 0, offset, index: 0 } }))
}

function asNew(event: SentEvent): SentEvent {
  return { ...event, insert_id: `${event.insert_id}-new` }
}

/** A hundred requests or so at most. */
function requests(events: readonly SentEvent[], draw: () => number): SentEvent[][] {
  const size = () => draw() * Math.ceil(events.length / 100)
  const out: SentEvent[][] = []
  for (let at = 0; at < events.length; ) {
    const request = events.slice(at, at + size())
    out.push(request)
    at += request.length
  }
  return out
}
