/**
 * An export over all shards: a stream per shard at one vector, merged by the line.
 *
 * The order of lines at a vector is the same on each replica, so a stream that breaks off goes on at
 * another one where it stopped. When none has the vector any more the export fails; it never goes on with
 * lines of another moment (QRY-1).
 */
import { corrupt, unavailable } from '../../../common/errors/errors.ts'
import type { ExportChunk } from '../../../proto/generated/anabranch/v1/query.ts'
import type { Chunk } from '../../query/export/chunks.ts'
import { mergeChunks } from '../../query/export/merge.ts'
import { type LineForm, type MessageLimits, writeExportMessage } from '../../query/messages.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { RoutingMap, RoutingShard } from '../../routing/map.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { isStaleMap, judge } from './judge.ts'
import { type FanOut, pinShards, type QueryBounds } from './pinned-shards.ts'
import type { Replica } from './replicas.ts'

export interface AskedExport {
  readonly document: unknown
  readonly form: LineForm
  /** Lines at most. */
  readonly limit: number
  readonly minimum: OffsetVector | undefined
  readonly limits: MessageLimits
}

export interface OpenExport {
  readonly at: OffsetVector
  readonly pending: number
  /** Pieces of NDJSON, each of whole lines. Leaving the loop cancels the streams. */
  readonly lines: AsyncGenerator<Buffer>
}

/** A shard that gives no line for so long fails the export. */
const stallMs = 30_000
const retryPauseMs = 100

export interface ExportBounds {
  /** Ends the streams. */
  readonly signal: AbortSignal
  /** Until each shard has begun. */
  readonly opening: QueryBounds
}

/** Pause before an export that has not begun starts over. */
const restartPauseMs = 50

/** Resolves when each shard has begun. Throws as `answerQuery`. */
export async function openExport(
  fan: FanOut,
  routing: RoutingHolder,
  asked: AskedExport & ExportBounds,
): Promise<OpenExport> {
  for (;;) {
    try {
      return await openOnce(fan, routing.map, asked)
    } catch (error) {
      if (!isStaleMap(error)) throw error
      fan.metrics.repins.inc()
      await fan.clock.sleep(restartPauseMs, asked.opening.signal)
    }
  }
}

async function openOnce(
  fan: FanOut,
  map: RoutingMap,
  { opening, minimum, ...asked }: AskedExport & ExportBounds,
): Promise<OpenExport> {
  const { shards, at } = await pinShards(fan, map, { ...opening, minimum })
  const left = new AbortController()
  const signal = AbortSignal.any([asked.signal, left.signal])
  const streams = shards.map(({ shard }) => new ShardStream(fan, { ...asked, map, shard, at, signal }))
  const lines = async function* () {
    try {
      yield* mergeChunks(
        streams.map((stream) => stream.chunks),
        asked.limit,
      )
    } finally {
      left.abort(new Error('the export ended'))
    }
  }
  try {
    const pending = await within(opening.signal, Promise.all(streams.map((stream) => stream.begin())))
    return { at, pending: pending.reduce((sum, rows) => sum + rows, 0), lines: lines() }
  } catch (error) {
    left.abort(error)
    throw error
  }
}

/** The answer, unless the signal comes first. */
function within<Answer>(signal: AbortSignal, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

interface StreamOptions extends Pick<AskedExport, 'document' | 'form' | 'limits'> {
  readonly map: RoutingMap
  readonly shard: RoutingShard
  readonly at: OffsetVector
  readonly signal: AbortSignal
}

class ShardStream {
  readonly chunks: AsyncGenerator<Chunk>
  readonly #fan: FanOut
  readonly #options: StreamOptions
  #pending = 0

  constructor(fan: FanOut, options: StreamOptions) {
    this.#fan = fan
    this.#options = options
    this.chunks = this.#run()
  }

  /** Resolves with the rows that the shard leaves out, once it answers. */
  async begin(): Promise<number> {
    await this.chunks.next()
    return this.#pending
  }

  /** The first chunk has no lines. */
  async *#run(): AsyncGenerator<Chunk> {
    const { clock } = this.#fan
    const { shard, signal } = this.#options
    const failed = new Map<Replica, unknown>()
    let lines = 0
    let movedMs = clock.monotonic()
    for (;;) {
      const replica = await this.#choose(failed)
      try {
        for await (const chunk of this.#from(replica, lines)) {
          lines += chunk.hashes.length
          failed.clear()
          yield chunk
          // The reader's pause is not the shard's.
          movedMs = clock.monotonic()
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        if (judge(error) === 'final') throw error
        failed.set(replica, error)
        if (clock.monotonic() - movedMs > stallMs) {
          unavailable('SHARD_UNAVAILABLE', `shard ${shard.id}: the export got no line for ${stallMs} ms`, error)
        }
      }
    }
  }

  /** One that has not failed since the last line. Throws the last error when all have and waiting is of no use. */
  async #choose(failed: Map<Replica, unknown>): Promise<Replica> {
    const { clock, replicas } = this.#fan
    const { shard, signal } = this.#options
    for (;;) {
      const replica = replicas.of(shard).find((one) => !failed.has(one))
      if (replica !== undefined) return replica
      const errors = [...failed.values()]
      if (!errors.some((error) => judge(error) === 'later')) throw errors.at(-1)
      failed.clear()
      await clock.sleep(retryPauseMs, signal)
    }
  }

  async *#from(replica: Replica, skip: number): AsyncGenerator<Chunk> {
    const { clock } = this.#fan
    const { shard, map, at, signal, document, form, limits } = this.#options
    const request = writeExportMessage({ query: document, form, skip, limits })
    const call = { cluster: map.cluster, shard: shard.id, routingEpoch: map.routingEpoch, at, request }
    const end = replica.begin(clock, signal)
    let failure: unknown
    try {
      for await (const message of replica.remote.export(call, signal)) {
        this.#pending = Math.max(this.#pending, message.pending)
        yield chunkOf(message, shard.id)
      }
    } catch (error) {
      failure = error
      throw error
    } finally {
      end(failure)
    }
  }
}

function chunkOf({ day, event, hashes, lengths, lines }: ExportChunk, shard: string): Chunk {
  const bytes = lengths.reduce((sum, length) => sum + length, 0)
  if (hashes.length !== lengths.length || bytes !== lines.length) {
    const got = `${hashes.length} hashes, ${lengths.length} lengths of ${bytes} bytes, ${lines.length} bytes`
    corrupt({ code: 'MESSAGE_CORRUPT', object: `chunk of shard ${shard}`, what: 'lines', got, want: 'equal numbers' })
  }
  return { day, event, hashes, lengths, lines }
}
