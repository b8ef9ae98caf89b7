/**
 * The two shapes in which our side holds the workload, as objects of a folder store.
 *
 * - `one segment`: everything compacted into one segment, later copies left out.
 * - `16 segments + tail`: 95 % of the arrivals cut into 16 segments of equal row counts, the rest in four
 *   runs in memory, each half as long as the one before it; later copies (1 %) are there and masked. Late
 *   events make the segments overlap in time, and nearly every user is in each of them.
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectStore } from '../dataplane/core/ports.ts'
import { encodeSegment } from '../dataplane/storage/segment/encode.ts'
import type { WorkloadChunk } from '../workload/chunk.ts'
import { generate, type WorkloadOptions } from '../workload/generate.ts'
import { SliceCollector } from '../workload/slices.ts'
import { eventNames } from '../workload/vocabulary.ts'
import { eventsNeeded, type Question, questions } from './questions.ts'

export const shapeNames = ['one segment', '16 segments + tail'] as const
export type ShapeName = (typeof shapeNames)[number]

/** What was built: object keys in arrival order, and what each question cannot be answered without. */
export interface Shapes {
  readonly rows: number
  /** Rows that are no later copy: what the peers hold, and what rates count. */
  readonly visibleRows: number
  readonly objects: Readonly<Record<ShapeName, readonly StoredSegment[]>>
  /** By question: visible rows that it counts, of its events, in its range, with its property. */
  readonly rowsNeeded: readonly number[]
}

export interface StoredSegment {
  readonly key: string
  readonly byteLength: number
  /** Held in memory, as a run of the tail is. */
  readonly inMemory: boolean
}

const cutSegments = 16
const cutShare = 0.95
const tailShares = [1 / 2, 1 / 4, 1 / 8, 1 / 8]

/** Row numbers at which the segments and runs of the second shape end. */
export function shapeEnds(rows: number): number[] {
  const cut = Math.floor(rows * cutShare)
  const ends = Array.from({ length: cutSegments }, (_, i) => Math.round((cut * (i + 1)) / cutSegments))
  let share = 0
  for (const part of tailShares) {
    share += part
    ends.push(share === 1 ? rows : cut + Math.round((rows - cut) * share))
  }
  return ends
}

/** Builds both shapes; holds all rows in memory once, so large ones belong in a process of their own. */
export async function buildShapes(workload: WorkloadOptions, store: ObjectStore): Promise<Shapes> {
  const whole = new SliceCollector({ visibleOnly: true })
  const counts = new RowCounts()
  for (const chunk of generate(workload)) {
    whole.add(chunk)
    counts.add(chunk)
  }
  const one = [await put(store, 'segments/one.seg', whole)]
  const many: StoredSegment[] = []
  const ends = shapeEnds(workload.rows)
  let part = new SliceCollector()
  for (const chunk of generate(workload)) {
    let at = 0
    while (at < chunk.rows) {
      const end = Math.min(chunk.rows, ends[many.length] - chunk.start)
      part.add(chunk, at, end)
      at = end
      if (chunk.start + end < ends[many.length]) continue
      many.push(
        await put(store, `segments/part-${String(many.length).padStart(2, '0')}.seg`, part, many.length >= cutSegments),
      )
      part = new SliceCollector()
    }
  }
  const objects = { 'one segment': one, '16 segments + tail': many }
  return { rows: workload.rows, visibleRows: counts.visible, objects, rowsNeeded: counts.needed }
}

async function put(store: ObjectStore, key: string, slices: SliceCollector, inMemory = false): Promise<StoredSegment> {
  const { bytes } = encodeSegment(slices.finish())
  await store.putIfAbsent(key, bytes)
  return { key, byteLength: bytes.length, inMemory }
}

class RowCounts {
  visible = 0
  readonly needed: number[] = questions.map(() => 0)

  add(chunk: WorkloadChunk): void {
    for (let row = 0; row < chunk.rows; row++) this.visible += 1 - chunk.copy[row]
    for (const [i, question] of questions.entries()) this.needed[i] += countMatching(chunk, question)
  }
}

/** Visible rows of a chunk that the question counts: of its events, in its range, with its property. */
function countMatching(chunk: WorkloadChunk, { kind, from, to, filter }: Question): number {
  const names = eventsNeeded(kind)
  const wanted = Uint8Array.from(eventNames, (name) => (names === undefined || names.includes(name) ? 1 : 0))
  const property = chunk.properties.find(({ name }) => name === filter?.property)
  const code = property === undefined ? -1 : property.dictionary.indexOf(filter!.value) + 2
  let count = 0
  for (let row = 0; row < chunk.rows; row++) {
    if (chunk.time[row] < from || chunk.time[row] >= to) continue
    if (property !== undefined && property.codes[row] !== code) continue
    count += wanted[chunk.event[row]] & (1 - chunk.copy[row])
  }
  return count
}

/** Checksum of the code that decides the bytes of the shapes: a change of it asks for new ones. */
export function shapeCode(): string {
  const root = join(import.meta.dirname, '..')
  const files = globSync(
    [
      'workload/*.ts',
      'common/**/*.ts',
      'dataplane/storage/**/*.ts',
      'dataplane/schema/*.ts',
      'bench/shapes.ts',
      'bench/questions.ts',
    ],
    { cwd: root },
  )
  const hash = createHash('sha256')
  for (const file of files.filter((name) => !name.endsWith('.test.ts')).sort())
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}
