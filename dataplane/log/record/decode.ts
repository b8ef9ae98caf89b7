/**
 * A block's bytes become columns: one checksum, one decompression, one call to decode all text.
 *
 * Strings are cut from the block's text, so a string that is kept for long keeps its block's text
 * alive; holders of few strings of many blocks should copy them.
 */
import { ByteReader } from '../../../common/bytes/reader.ts'
import { corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { decodeCanonical } from '../../schema/canonical.ts'
import { escapeForm, plainUpperForm } from '../../schema/insert-id.ts'
import type { Value } from '../../schema/value.ts'
import { decompressBlock } from './compress.ts'
import type { Block, BlockInsertIds, BlockProperty, BlockRows } from './contract.ts'
import { readInts, readNumbers } from './ints.ts'
import { presentInAll, presentInBitmap, presentInList, rawEncoding, valuesPerRowMax } from './layout.ts'
import { TextReader } from './text.ts'

const numberCode = 1
const firstValueCode = 2

/** Checks and decodes a block. Throws `CorruptError` `RECORD_CORRUPT` when its bytes are not those that were written. */
export function decodeBlock(block: Block): BlockRows {
  const raw = rawBytesOf(block)
  const { object, rows } = block
  const base = block.encoding === rawEncoding ? block.offset : 0
  const where = { object, code: 'RECORD_CORRUPT', base } as const
  const bodyBytes = new ByteReader(raw, where).u32('body bytes')
  const reader = new ByteReader(raw, { ...where, start: 4, end: Math.min(raw.length, 4 + bodyBytes) })
  if (4 + bodyBytes > raw.length) reader.fail('body bytes', bodyBytes, `at most ${raw.length - 4}`, 0)
  const texts = new TextReader(raw, reader)
  const eventNames = texts.cutAll(reader.count(1, 'event names'))
  const userIds = texts.cutAll(reader.count(5, 'users'))
  const userHashes = new Uint32Array(userIds.length)
  for (let i = 0; i < userHashes.length; i++) userHashes[i] = reader.u32('user hash')
  const event = readInts(reader, rows, { limit: eventNames.length, what: 'event' })
  const user = readInts(reader, rows, { limit: userIds.length, what: 'user' })
  const time = readNumbers(reader, rows, 'time')
  const insertIds = readInsertIds(reader, rows, texts)
  const properties = readProperties(reader, rows, texts)
  reader.expectEnd('end of the block')
  texts.expectEnd()
  const { project, firstIndex } = block
  return { project, rows, firstIndex, eventNames, event, userHashes, userIds, user, time, insertIds, properties }
}

function rawBytesOf(block: Block): Uint8Array {
  const { object, offset, stored } = block
  const got = crc32(stored)
  if (got !== block.crc) {
    const what = `crc32 of the block of project ${block.project}`
    corrupt({ code: 'RECORD_CORRUPT', object, offset, what, got: got.toString(16), want: block.crc.toString(16) })
  }
  return block.encoding === rawEncoding ? stored : decompressBlock(stored, block.rawBytes, { object, offset })
}

function readInsertIds(reader: ByteReader, rows: number, texts: TextReader): BlockInsertIds {
  const forms = readInts(reader, rows, { limit: plainUpperForm + 1, what: 'form of an insert id' })
  const form = Uint8Array.from(forms)
  const escapes = new Map<number, string>()
  let escaped = 0
  for (let row = 0; row < rows; row++) if (form[row] === escapeForm) escaped++
  const packed = reader.take((rows - escaped) * 16, 'insert ids')
  if (escaped === 0) return { bytes: packed, form, escapes }
  const bytes = new Uint8Array(rows * 16)
  for (let row = 0, from = 0; row < rows; row++) {
    if (form[row] === escapeForm) {
      escapes.set(row, texts.cut())
      continue
    }
    for (let i = 0; i < 16; i++) bytes[row * 16 + i] = packed[from + i]
    from += 16
  }
  return { bytes, form, escapes }
}

function readProperties(reader: ByteReader, rows: number, texts: TextReader): BlockProperty[] {
  const count = reader.count(4, 'properties')
  const properties: BlockProperty[] = []
  let values = 0
  for (let i = 0; i < count; i++) {
    const name = texts.cut()
    const present = readPresence(reader, rows)
    const carried = present?.length ?? rows
    values += carried
    if (values > rows * valuesPerRowMax) reader.fail('values of the block', values, `at most ${rows * valuesPerRowMax}`)
    const dictionary = readDictionary(reader, texts)
    const codes = readInts(reader, carried, { limit: firstValueCode + dictionary.length, what: `code of ${name}` })
    properties.push({ name, dictionary, rows: present, codes, numbers: readPropertyNumbers(reader, codes, name) })
  }
  return properties
}

function readPresence(reader: ByteReader, rows: number): Uint32Array | undefined {
  const kind = reader.u8('presence')
  if (kind === presentInAll) return undefined
  if (kind === presentInList) {
    const count = reader.varintMax(rows, 'rows of a property')
    const list = readInts(reader, count, { limit: rows, what: 'row of a property' })
    for (let i = 1; i < count; i++) {
      if (list[i] <= list[i - 1]) reader.fail('row of a property', list[i], `above ${list[i - 1]}`)
    }
    return list
  }
  if (kind !== presentInBitmap) reader.fail('presence', kind, `0 to ${presentInBitmap}`)
  const bitmap = reader.take(Math.ceil(rows / 8), 'bitmap of a property')
  const list = new Uint32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) if (bitmap[row >>> 3] & (1 << (row & 7))) list[count++] = row
  return list.subarray(0, count)
}

function readDictionary(reader: ByteReader, texts: TextReader): Value[] {
  const strings = texts.cutAll(reader.count(1, 'strings of a property'))
  const count = reader.count(3, 'other values of a property')
  if (count === 0) return strings
  const dictionary: Value[] = new Array(strings.length + count)
  const others = new Set<number>()
  for (let i = 0; i < count; i++) {
    const index = reader.varintMax(dictionary.length - 1, 'index of a value')
    const bytes = reader.take(reader.count(1, 'bytes of a value'), 'value')
    const base = reader.base + reader.position - bytes.length
    dictionary[index] = decodeCanonical(bytes, { object: reader.object, code: 'RECORD_CORRUPT', base })
    others.add(index)
  }
  if (others.size !== count) reader.fail('indexes of values', `${others.size} different`, count)
  for (let i = 0, next = 0; i < dictionary.length; i++) if (!others.has(i)) dictionary[i] = strings[next++]
  return dictionary
}

function readPropertyNumbers(reader: ByteReader, codes: Uint32Array, name: string): Float64Array | undefined {
  let count = 0
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === numberCode) count++
    else if (codes[i] === 0) reader.fail(`code of ${name}`, 0, 'at least 1')
  }
  if (count === 0) return undefined
  const numbers = readNumbers(reader, count, `numbers of ${name}`)
  if (count === codes.length) return numbers
  const spread = new Float64Array(codes.length)
  for (let i = 0, next = 0; i < codes.length; i++) if (codes[i] === numberCode) spread[i] = numbers[next++]
  return spread
}
