/**
 * The visible rows of the workload as a file of ClickHouse's Native format: the one way into both peers.
 *
 * ```
 * block  := columns varint · rows varint · column …
 * column := name · type · data          name, type := length varint · UTF-8
 * data   := rows little-endian values back to back (Array: end offsets as UInt64, then the elements)
 * ```
 *
 * Properties with a vocabulary travel as codes (0 = missing, else 1 + index); the loader spells them out.
 * Later copies of an event are left out, since the peers get the visible set.
 */
import type { WorkloadChunk, WorkloadProperty } from '../workload/chunk.ts'
import { userId } from '../workload/population.ts'

export interface NativeColumn {
  readonly name: string
  readonly type: string
  readonly data: Uint8Array
}

/** One block with the visible rows of a chunk. */
export function nativeBlock(chunk: WorkloadChunk, ids: IdCache): Uint8Array {
  const rows = visibleRows(chunk)
  return encodeBlock(rows.length, [
    { name: 'user', type: 'UInt64', data: ids.users(chunk, rows) },
    { name: 'time', type: 'Int64', data: int64(rows, chunk.time) },
    {
      name: 'event',
      type: 'UInt16',
      data: bytesOf(pick(rows, new Uint16Array(rows.length), (row) => chunk.event[row])),
    },
    { name: 'insert_id', type: 'UUID', data: uuids(rows, chunk.insertIds) },
    ...chunk.properties.flatMap((property) => propertyColumns(property, rows)),
  ])
}

export function visibleRows(chunk: WorkloadChunk): Uint32Array {
  let count = 0
  for (let row = 0; row < chunk.rows; row++) count += 1 - chunk.copy[row]
  const rows = new Uint32Array(count)
  for (let row = 0, at = 0; row < chunk.rows; row++) if (chunk.copy[row] === 0) rows[at++] = row
  return rows
}

/** 64-bit forms of the hex ids, computed once per user. */
export class IdCache {
  private readonly words = new Map<number, readonly [number, number]>()

  users(chunk: WorkloadChunk, rows: Uint32Array): Uint8Array {
    const out = new Uint32Array(rows.length * 2)
    for (let i = 0; i < rows.length; i++) {
      const user = chunk.user[rows[i]]
      let pair = this.words.get(user)
      if (pair === undefined) {
        pair = hexWords(userId(chunk.seed, user))
        this.words.set(user, pair)
      }
      out[i * 2] = pair[0]
      out[i * 2 + 1] = pair[1]
    }
    return bytesOf(out)
  }
}

/** Low and high word of 16 hex digits. */
function hexWords(text: string): readonly [number, number] {
  return [Number.parseInt(text.slice(8), 16), Number.parseInt(text.slice(0, 8), 16)]
}

function propertyColumns(property: WorkloadProperty, rows: Uint32Array): NativeColumn[] {
  const { name, codes, numbers, dictionary } = property
  const columns: NativeColumn[] = []
  if (name === 'session_id') {
    const words = (dictionary as readonly string[]).map(hexWords)
    const out = new Uint32Array(rows.length * 2)
    for (let i = 0; i < rows.length; i++) {
      const pair = words[codes[rows[i]] - 2]
      out[i * 2] = pair[0]
      out[i * 2 + 1] = pair[1]
    }
    return [{ name, type: 'UInt64', data: bytesOf(out) }]
  }
  if (numbers !== undefined) {
    const data = pick(rows, new Int32Array(rows.length), (row) =>
      codes[row] === 1 ? Math.round(numbers[row] * 100) : -1,
    )
    columns.push({ name: `${name}_hundredths`, type: 'Int32', data: bytesOf(data) })
  }
  if (dictionary.length > 0) {
    const data = pick(rows, new Uint16Array(rows.length), (row) => Math.max(codes[row] - 1, 0))
    columns.push({ name: `${name}_code`, type: 'UInt16', data: bytesOf(data) })
  }
  return columns
}

function pick<Out extends Uint16Array | Int32Array>(rows: Uint32Array, out: Out, read: (row: number) => number): Out {
  for (let i = 0; i < rows.length; i++) out[i] = read(rows[i])
  return out
}

function int64(rows: Uint32Array, values: Float64Array): Uint8Array {
  const out = new Uint32Array(rows.length * 2)
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]]
    out[i * 2] = value % 4294967296
    out[i * 2 + 1] = value / 4294967296
  }
  return bytesOf(out)
}

/** ClickHouse keeps a UUID as two little-endian 64-bit halves. */
function uuids(rows: Uint32Array, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(rows.length * 16)
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * 16
    for (let k = 0; k < 8; k++) {
      out[i * 16 + k] = bytes[from + 7 - k]
      out[i * 16 + 8 + k] = bytes[from + 15 - k]
    }
  }
  return out
}

function bytesOf(array: Uint16Array | Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

export function encodeBlock(rows: number, columns: readonly NativeColumn[]): Uint8Array {
  const parts: Uint8Array[] = [varint(columns.length), varint(rows)]
  for (const { name, type, data } of columns) parts.push(text(name), text(type), data)
  return Buffer.concat(parts)
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(bytes.length), bytes])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
