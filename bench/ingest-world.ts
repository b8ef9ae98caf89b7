/**
 * A log, an ingest and a shard on the real disk, as one process would hold them: what the ingest benchmarks run.
 *
 * The shard merges its runs in a worker thread, as it does in production; it makes no cut.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from '../dataplane/core/ports.ts'
import { Ingest } from '../dataplane/ingest/ingest.ts'
import type { FileLog } from '../dataplane/log/file-log/file-log.ts'
import { openFileLog } from '../dataplane/log/file-log/open.ts'
import { runQuery } from '../dataplane/query/run.ts'
import { type TaskTable, WorkerBackground } from '../dataplane/runtime/background.ts'
import { realClock } from '../dataplane/runtime/clock.ts'
import { realDisk } from '../dataplane/runtime/disk.ts'
import { realRandom } from '../dataplane/runtime/random.ts'
import type { OffsetVector } from '../dataplane/schema/event.ts'
import { runShard } from '../dataplane/shard/loop.ts'
import { Shard } from '../dataplane/shard/shard.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import { workloadEnd, workloadProject, workloadStart } from '../workload/shape.ts'

const partitions = 4
/** No cut is made while a benchmark runs. */
const noCuts = { segmentRowsMax: 2 ** 31, cutAgeMs: 2 ** 31, tailRowsMax: 2 ** 31 }

const module = new URL('../dataplane/shard/run/tasks.ts', import.meta.url)
const tasks: TaskTable = {
  mergeRuns: { module, name: 'mergeRuns' },
  digestSegment: { module, name: 'digestSegment' },
}
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }

export class IngestWorld {
  readonly log: FileLog
  readonly ingest: Ingest
  readonly #folder: string
  readonly #fsyncs: () => number

  private constructor(folder: string, log: FileLog, fsyncs: () => number) {
    this.#folder = folder
    this.log = log
    this.#fsyncs = fsyncs
    this.ingest = new Ingest({ log, clock: realClock, generation: 1 })
  }

  /** Runs `act` in a fresh folder below `parent`, which is gone afterwards. */
  static async run<Result>(parent: string, act: (world: IngestWorld) => Promise<Result>): Promise<Result> {
    mkdirSync(parent, { recursive: true })
    const folder = mkdtempSync(join(parent, 'ingest-'))
    try {
      const { disk, fsyncs } = countSyncs(realDisk(folder))
      const ports = { disk, random: realRandom, logger: silent }
      const { log } = await openFileLog(ports, { folder: 'log', partitions, generation: 1 })
      const world = new IngestWorld(folder, log, fsyncs)
      try {
        return await act(world)
      } finally {
        await world.ingest.close()
        await log.close()
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  /** Of the log, so far. */
  get fsyncs(): number {
    return this.#fsyncs()
  }

  /** The end of what is durable now. */
  async end(): Promise<OffsetVector> {
    const next = new Map<number, number>()
    for (let partition = 0; partition < partitions; partition++) next.set(partition, await this.log.end(partition))
    return { generation: 1, next }
  }

  /** Runs `act` beside a shard that reads the log; then a query must see exactly `visibleRows` events. */
  async withShard<Result>(visibleRows: number, act: (shard: Shard) => Promise<Result>): Promise<Result> {
    const background = new WorkerBackground(tasks)
    const store = new FolderStore(realDisk(this.#folder), 'objects', realRandom)
    const ports = { log: this.log, store, clock: realClock, random: realRandom, logger: silent, background }
    const shard = await Shard.open(ports, { shard: 's0', limits: noCuts })
    const stop = new AbortController()
    const running = runShard(shard, stop.signal)
    try {
      const result = await act(shard)
      await shard.catchUp()
      const seen = await visibleEvents(shard)
      if (seen === visibleRows) return result
      throw new Error(`a query sees ${seen} events, ${visibleRows} different ones were sent`)
    } finally {
      stop.abort()
      await running
      await background.close()
      await store.close()
    }
  }
}

async function visibleEvents(shard: Shard): Promise<number> {
  const range = { project: workloadProject, from: workloadStart, to: workloadEnd }
  const document = { type: 'segmentation', ...range, select: {}, measure: 'total' }
  const { result } = await runQuery([await shard.view()], document, { clock: realClock })
  return (result as { overall: { total: number } }).overall.total
}

function countSyncs(disk: Disk): { disk: Disk; fsyncs: () => number } {
  let count = 0
  const open: Disk['open'] = async (path, mode) => {
    const file = await disk.open(path, mode)
    const sync = file.sync.bind(file)
    file.sync = () => {
      count++
      return sync()
    }
    return file
  }
  return { disk: { ...disk, open }, fsyncs: () => count }
}
