/**
 * Canonical value bytes (ADR 0004): one byte string per value, equal if and only if the values are.
 * Dictionaries, digests, groups of a query and ties are ordered and compared by them.
 *
 *   null   00
 *   false  01
 *   true   02
 *   number 03 + double big-endian, sign bit flipped for positives, all bits for negatives
 *   string 04 + UTF-8
 *   list   05 + per element: LEB128 length, bytes
 *   object 06 + per entry by key bytes: LEB128 length, key, LEB128 length, bytes
 *
 * Does not: validate what users send (`dataplane/ingest/`). Strings must be well-formed, numbers
 * finite; -0 is written as 0.
 */
import { compareUtf8 } from '../../common/bytes/compare.ts'
import { ByteReader } from '../../common/bytes/reader.ts'
import { ByteWriter } from '../../common/bytes/writer.ts'
import type { Code } from '../../common/errors/codes.ts'
import { bug } from '../../common/errors/errors.ts'
import { isList, type Value } from './value.ts'

/** Lists and objects may be nested this deep; validation and the query parser allow less. */
export const canonicalDepthMax = 64

const nullTag = 0
const falseTag = 1
const trueTag = 2
const numberTag = 3
const stringTag = 4
const listTag = 5
const objectTag = 6

const double = new DataView(new ArrayBuffer(8))

/** The canonical bytes of a value, as a fresh array. */
export function canonicalBytes(value: Value): Uint8Array {
  const writer = new ByteWriter(typeof value === 'string' ? value.length * 3 + 1 : 16)
  writeCanonical(value, writer)
  return writer.finish()
}

/** Appends the canonical bytes of a value and returns how many they are. Throws `bug` beyond `canonicalDepthMax`. */
export function writeCanonical(value: Value, writer: ByteWriter): number {
  const start = writer.length
  write(value, writer, 0)
  return writer.length - start
}

function write(value: Value, writer: ByteWriter, depth: number): void {
  if (typeof value === 'string') {
    writer.u8(stringTag)
    writer.text(value)
  } else if (typeof value === 'number') {
    writeNumber(value, writer)
  } else if (typeof value === 'boolean') {
    writer.u8(value ? trueTag : falseTag)
  } else if (value === null) {
    writer.u8(nullTag)
  } else if (depth === canonicalDepthMax) {
    bug(`a value is nested deeper than ${canonicalDepthMax}`)
  } else if (isList(value)) {
    writer.u8(listTag)
    for (const element of value) writeSized(element, writer, depth + 1)
  } else {
    writer.u8(objectTag)
    for (const key of Object.keys(value).sort(compareUtf8)) {
      writer.string(key)
      writeSized(value[key], writer, depth + 1)
    }
  }
}

function writeSized(value: Value, writer: ByteWriter, depth: number): void {
  const start = writer.length
  write(value, writer, depth)
  writer.insertLength(start)
}

function writeNumber(value: number, writer: ByteWriter): void {
  if (!Number.isFinite(value)) bug(`${value} is no value: numbers are finite`)
  double.setFloat64(0, value === 0 ? 0 : value)
  let high = double.getUint32(0)
  let low = double.getUint32(4)
  if (high >>> 31 === 0) high ^= 0x80000000
  else {
    high = ~high
    low = ~low
  }
  writer.u8(numberTag)
  writer.u32(swap(high))
  writer.u32(swap(low))
}

/** The same four bytes in the other order: the writer is little-endian. */
function swap(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}

export interface DecodeOptions {
  /** Name of the object for messages. */
  readonly object: string
  readonly code?: Code
  /** Where `bytes[0]` lies in the object. */
  readonly base?: number
  readonly start?: number
  readonly end?: number
}

/**
 * The value of canonical bytes. Strict: only the one form that `writeCanonical` makes is accepted, so
 * two byte strings that decode are equal if and only if the values are. Objects have no prototype.
 * Throws `CorruptError` with object and offset.
 */
export function decodeCanonical(bytes: Uint8Array, options: DecodeOptions): Value {
  const reader = new ByteReader(bytes, { code: 'SEGMENT_CORRUPT', ...options })
  return read(reader, reader.end, 0)
}

/** Reads the value that fills the bytes up to `end`. */
function read(reader: ByteReader, end: number, depth: number): Value {
  // A value of no bytes would take its type from what follows it.
  if (reader.position >= end) reader.fail('length of a value', 0, 'at least 1')
  const tag = reader.u8('type of a value')
  if (tag === stringTag) return reader.text(end - reader.position, 'string value')
  if (tag === numberTag) {
    const value = readNumber(reader)
    return finished(reader, end, value)
  }
  if (tag <= trueTag) return finished(reader, end, tag === nullTag ? null : tag === trueTag)
  if (tag > objectTag) reader.fail('type of a value', tag, `0 to ${objectTag}`, reader.position - 1)
  if (depth === canonicalDepthMax) reader.fail('nesting of a value', depth + 1, `at most ${canonicalDepthMax}`)
  return tag === listTag ? readList(reader, end, depth) : readObject(reader, end, depth)
}

function finished(reader: ByteReader, end: number, value: Value): Value {
  if (reader.position !== end) reader.fail('length of a value', `${end - reader.position} bytes more`, 'its end')
  return value
}

function readNumber(reader: ByteReader): number {
  const start = reader.position
  let high = swap(reader.u32('number value'))
  let low = swap(reader.u32('number value'))
  if (high >>> 31 === 1) high ^= 0x80000000
  else {
    high = ~high
    low = ~low
  }
  double.setUint32(0, high)
  double.setUint32(4, low)
  const value = double.getFloat64(0)
  if (!Number.isFinite(value) || Object.is(value, -0)) {
    reader.fail('number value', Object.is(value, -0) ? '-0' : String(value), 'a finite number other than -0', start)
  }
  return value
}

function readList(reader: ByteReader, end: number, depth: number): Value {
  const list: Value[] = []
  while (reader.position < end) list.push(readSized(reader, end, depth))
  return list
}

function readObject(reader: ByteReader, end: number, depth: number): Value {
  const object: Record<string, Value> = Object.create(null)
  let before: string | undefined
  while (reader.position < end) {
    const start = reader.position
    const key = reader.text(sizeWithin(reader, end, 'key'), 'key')
    if (before !== undefined && compareUtf8(before, key) >= 0) {
      reader.fail('key of an object', JSON.stringify(key), `a key after ${JSON.stringify(before)}`, start)
    }
    before = key
    object[key] = readSized(reader, end, depth)
  }
  return object
}

function readSized(reader: ByteReader, end: number, depth: number): Value {
  const size = sizeWithin(reader, end, 'value')
  return read(reader, reader.position + size, depth + 1)
}

/** A length that must fit before `end`, the end of the value around it. */
function sizeWithin(reader: ByteReader, end: number, what: string): number {
  const start = reader.position
  const size = reader.varint(`length of a ${what}`)
  if (size > end - reader.position) {
    reader.fail(`length of a ${what}`, size, `at most ${Math.max(0, end - reader.position)}`, start)
  }
  return size
}
