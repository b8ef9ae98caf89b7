/**
 * Reads records by offset: neighbours in one call, every record checked against its checksum on every
 * read, so that damage since opening is reported and never served.
 */
import { bug, corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { LogEntry } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'
import type { Handles } from './handles.ts'
import type { RecordIndex, RecordPlace } from './record-index.ts'

/** Bytes between two records that are read along rather than asked for separately. */
const gapBytesMax = 4096

interface Span {
  readonly file: number
  readonly position: number
  end: number
  readonly records: RecordPlace[]
}

export interface ReadRequest {
  readonly folder: string
  readonly partition: number
  readonly offset: number
  readonly bytesMax: number
}

/** As `LogReader.read`. */
export async function readRecords(index: RecordIndex, handles: Handles, request: ReadRequest): Promise<LogEntry[]> {
  const { folder, partition, offset, bytesMax } = request
  if (!(bytesMax >= 0)) bug(`read of at most ${bytesMax} bytes`)
  const start = index.start(partition)
  const end = index.end(partition)
  if (!Number.isSafeInteger(offset) || offset < start || offset > end) {
    const object = `${folder} partition ${partition}`
    corrupt({ code: 'LOG_GAP', object, what: 'offset to read', got: offset, want: `${start} to ${end}` })
  }
  const entries: LogEntry[] = []
  for (const span of planSpans(index, request, end)) {
    const path = index.path(span.file)
    const length = span.end - span.position
    const bytes = await handles.use(path, (file) => readUpTo(file, span.position, length))
    for (const place of span.records) {
      const from = place.position - span.position
      const record = bytes.subarray(from, from + place.bytes)
      checkRecord(record, place, { path, what: `partition ${partition} offset ${offset + entries.length}` })
      entries.push({ partition, offset: offset + entries.length, bytes: record })
    }
  }
  return entries
}

/** The records to read, at least one, grouped by where they lie. */
function planSpans(index: RecordIndex, { partition, offset, bytesMax }: ReadRequest, end: number): Span[] {
  const spans: Span[] = []
  let bytes = 0
  for (let next = offset; next < end; next++) {
    const place = index.place(partition, next)
    bytes += place.bytes
    if (next > offset && bytes > bytesMax) break
    const span = spans[spans.length - 1]
    if (span?.file === place.file && place.position >= span.end && place.position - span.end <= gapBytesMax) {
      span.records.push(place)
      span.end = place.position + place.bytes
    } else {
      const { file, position } = place
      spans.push({ file, position, end: position + place.bytes, records: [place] })
    }
  }
  return spans
}

function checkRecord(record: Uint8Array, place: RecordPlace, { path, what }: { path: string; what: string }): void {
  const damage = { code: 'LOG_CORRUPT', object: path, offset: place.position } as const
  if (record.length !== place.bytes) {
    corrupt({ ...damage, what: `bytes of ${what}`, got: record.length, want: place.bytes })
  }
  const got = crc32(record)
  if (got !== place.crc) corrupt({ ...damage, what: `crc32 of ${what}`, got: hex(got), want: hex(place.crc) })
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
