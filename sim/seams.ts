/**
 * Where a bug can be planted without touching the product: between a process and its ports, and on objects
 * that the product hands out. Each seam takes the real thing and gives back another; a healthy run has none.
 *
 * Does not: list the bugs (`bugs/list.ts`).
 */
import type { Disk, LogReader, LogWriter, ObjectStore, Random } from '../dataplane/core/ports.ts'
import type { ShardView } from '../dataplane/query/view.ts'
import type { AuditorOptions } from '../dataplane/roles/replica/auditor.ts'
import type { OffsetVector } from '../dataplane/schema/event.ts'
import type { Tasks } from './ports/background.ts'
import type { SimBucket } from './store.ts'

export interface Seams {
  /** The log process's disk. */
  readonly disk?: (disk: Disk) => Disk
  /** The log as ingest writes it and shards read it. */
  readonly writer?: (writer: LogWriter) => LogWriter
  /** A replica's way to the log; `process` is its name. */
  readonly reader?: (reader: LogReader, process: string) => LogReader
  /** What a replica's auditor is given: peers, limits. */
  readonly auditor?: (options: AuditorOptions) => AuditorOptions
  /** A shard's way to the store; `bucket` is the service behind it, where it is one. */
  readonly store?: (store: ObjectStore, bucket: SimBucket | undefined) => ObjectStore
  readonly tasks?: (tasks: Tasks, process: string) => Tasks
  readonly random?: (random: Random) => Random
  /** What a query is given. */
  readonly view?: (view: ShardView) => ShardView
  /** How far the log may be trimmed; `end` is the log's, `newest` what the newest manifests have, adopted by all or not. */
  readonly trim?: (allowed: OffsetVector, known: { end: OffsetVector; newest: OffsetVector }) => OffsetVector
  /** Changes a class of the product; gives the way back. */
  readonly patch?: () => () => void
}
