/**
 * A small world for tests of the shard: a log in memory, a simulated store and clock, events in a short form,
 * and a reader of views that shares nothing with the query engine.
 */

import type { Background, Logger, LogReader, ObjectStore } from '../../dataplane/core/ports.ts'
import { encodeRecord } from '../../dataplane/log/record/encode.ts'
import type { ShardView, SourceView } from '../../dataplane/query/view.ts'
import { dayMs, type Event, type OffsetVector } from '../../dataplane/schema/event.ts'
import {
  clipHas,
  partitionOf,
  placementHash,
  position,
  projectBase,
  spreadMax,
} from '../../dataplane/schema/placement.ts'
import type { Value } from '../../dataplane/schema/value.ts'
import { tasks } from '../../dataplane/shard/run/tasks.ts'
import { Shard, type ShardConfig } from '../../dataplane/shard/shard.ts'
import { SimulatedClock } from '../../sim/clock.ts'
import { SeededRandom } from '../../sim/random.ts'
import type { StoreFaults } from '../../sim/store.ts'
import { SimBucket, type SimStore } from '../../sim/store.ts'
import { MemoryLog } from './memory-log.ts'

/** Midnight of 2026-01-01, UTC. */
export const midnight = 1_767_225_600_000

/** An event as a test writes it; times in ms after `midnight`. */
export interface Sent {
  readonly id: string
  readonly user?: string
  readonly event?: string
  readonly time?: number
  readonly project?: string
  readonly properties?: Readonly<Record<string, Value>>
}

/** A row of a view. */
export interface Seen {
  readonly project: string
  readonly event: string
  readonly user: string
  readonly time: number
  readonly id: string
  readonly masked: boolean
}

const eventOf = ({ id, user = 'u', event = 'E', time = 0, project = 'p', properties = {} }: Sent): Event => ({
  project,
  event,
  distinctId: user,
  time: midnight + time,
  insertId: id,
  properties,
})

export class World {
  readonly log: MemoryLog
  readonly bucket = new SimBucket()
  readonly clock = new SimulatedClock()
  readonly messages: string[] = []
  /** Every event that was sent, in the order of the log, with its partition and offset. */
  readonly sent: { readonly event: Event; readonly partition: number; readonly offset: number }[] = []
  #lives = 0

  constructor(partitions = 1) {
    this.log = new MemoryLog(partitions)
  }

  /** Appends one request: one record per partition. */
  async send(...events: readonly Sent[]): Promise<void> {
    const placed = events.map(eventOf).map((event) => {
      const h = placementHash(event.project, event.distinctId, event.insertId)
      const at = position(projectBase(event.project), h, spreadMax)
      return { event, h, position: at, partition: partitionOf(at, this.log.partitions) }
    })
    for (const [partition, rows] of Map.groupBy(placed, (row) => row.partition)) {
      rows.sort((a, b) => a.position - b.position)
      const offset = await this.log.append(partition, encodeRecord({ generation: 1, partition, rows }))
      for (const { event } of rows) this.sent.push({ event, partition, offset })
    }
  }

  store(faults?: StoreFaults): SimStore {
    return this.bucket.connect(this.clock, faults)
  }

  async open(
    config: Partial<ShardConfig> & { store?: ObjectStore; log?: LogReader; background?: Background } = {},
  ): Promise<Shard> {
    const { store = this.store(), log = this.log, background = inline, ...rest } = config
    const random = new SeededRandom(++this.#lives)
    const ports = { store, log, clock: this.clock, random, logger: this.#logger(), background }
    return Shard.open(ports, { shard: 's0', ...rest })
  }

  /** Opens and catches up. */
  async start(config: Parameters<World['open']>[0] = {}): Promise<Shard> {
    const shard = await this.open(config)
    await shard.catchUp()
    return shard
  }

  #logger(): Logger {
    const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      this.messages.push(`${level}: ${message} ${JSON.stringify(fields ?? {})}`)
    }
    return { info: log('info'), warn: log('warn'), error: log('error') }
  }
}

/** Runs every task at once, on this thread. */
export const inline: Background = {
  async run<Output>(task: keyof typeof tasks, input: unknown): Promise<Output> {
    return (await tasks[task](input as never)) as Output
  },
}

/** A background that holds the next tasks back until the test lets them go. */
export class HeldBackground implements Background {
  #held: (() => void)[] = []
  #toHold = 0

  hold(count: number): void {
    this.#toHold = count
  }

  async run<Output>(task: keyof typeof tasks, input: unknown): Promise<Output> {
    if (this.#toHold > 0) {
      this.#toHold--
      await new Promise<void>((resolve) => this.#held.push(resolve))
    }
    return inline.run<Output>(task, input)
  }

  get waiting(): number {
    return this.#held.length
  }

  release(): void {
    for (const start of this.#held.splice(0)) start()
  }
}

/** Lets everything that waits for nothing but its turn go on until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn++) {
    if (condition()) return
    await undefined
  }
  throw new Error(`never came true: ${condition}`)
}

/** The same without a condition, for what may or may not happen. */
export async function turns(count = 500): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined
}

/** What a view at the vector must show: every copy before it, the first of each marked as such (ADR 0003). */
export function expectedRows(world: World, at: OffsetVector): Seen[] {
  const seen = new Set<string>()
  const rows: Seen[] = []
  for (const { event, partition, offset } of world.sent) {
    const { project, event: name, distinctId, insertId, time } = event
    const key = JSON.stringify([project, name, distinctId, insertId, Math.floor(time / dayMs)])
    const masked = seen.has(key)
    seen.add(key)
    if (offset >= (at.next.get(partition) ?? 0)) continue
    rows.push({ project, event: name, user: distinctId, time: time - midnight, id: insertId, masked })
  }
  return sorted(rows)
}

const sorted = (rows: Seen[]) => rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

/** Rows of a view, in an order of their own. */
export async function rowsOf(view: ShardView): Promise<Seen[]> {
  return sorted((await Promise.all(view.sources.map(rowsOfSource))).flat())
}

/** Ids in the order of sources and of rows inside them. */
export async function arrivalOf(view: ShardView): Promise<string> {
  const ids: string[] = []
  for (const source of view.sources) for (const { id } of await rowsOfSource(source)) ids.push(id)
  return ids.join(' ')
}

/** Ids of first copies, then behind a bar those of later copies. */
export async function idsOf(view: ShardView): Promise<string> {
  const rows = await rowsOf(view)
  const ids = (masked: boolean) => rows.filter((row) => row.masked === masked).map(({ id }) => id)
  const copies = ids(true)
  return ids(false).sort().join(' ') + (copies.length === 0 ? '' : ` | ${copies.sort().join(' ')}`)
}

async function rowsOfSource({ segment, clip, hidden }: SourceView): Promise<Seen[]> {
  const rows: Seen[] = []
  for (const entry of segment.slices) {
    const { project } = entry
    const ranges = clip?.(project)
    const [slice, users] = [await segment.slice(entry), await segment.users(project)]
    for (const stripe of await slice.loadAll(slice.stripes, { users: true, times: true, insertIds: true })) {
      const times = new Float64Array(stripe.rows)
      stripe.times(0, stripe.rows, times)
      const isHidden = bits(hidden?.(entry, stripe.entry))
      const isMasked = bits(stripe.masked)
      for (let run = 0; run < stripe.userRuns.count; run++) {
        const ordinal = slice.userOrdinals[stripe.userRuns.user[run]!]!
        if (ranges !== undefined && !clipHas({ spread: 16, ranges }, users.hashes[ordinal]!)) continue
        for (let row = stripe.userRuns.end[run - 1] ?? 0; row < stripe.userRuns.end[run]!; row++) {
          if (isHidden(row)) continue
          const event = stripe.entry.events[stripe.eventIndex[row]!]!
          const [user, time, id] = [users.id(ordinal), times[row]! - midnight, stripe.insertId(row)]
          rows.push({ project, event, user, time, id, masked: isMasked(row) })
        }
      }
    }
  }
  return rows
}

const bits = (set: Uint32Array | undefined) => (row: number) =>
  set !== undefined && ((set[row >>> 5]! >>> (row & 31)) & 1) === 1
