import { describe, expect, test } from 'vitest'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { CorruptError } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { decodeBlock } from './decode.ts'
import { openRecord } from './open.ts'

interface Craft {
  /** Rows that header and directory claim. */
  rows?: number
  names?: (writer: ByteWriter) => void
  users?: (writer: ByteWriter) => void
  event?: (writer: ByteWriter) => void
  time?: (writer: ByteWriter) => void
  insertIds?: (writer: ByteWriter) => void
  properties?: (writer: ByteWriter) => void
  text?: string | Uint8Array
}

/** A record of one raw block with right checksums, whose parts a test replaces. By default: 3 rows, name `N`, user `u`. */
function craft(parts: Craft = {}): Uint8Array {
  const rows = parts.rows ?? 3
  const body = new ByteWriter()
  const part = (given: ((writer: ByteWriter) => void) | undefined, ...bytes: number[]) =>
    given === undefined ? body.bytes(Uint8Array.from(bytes)) : given(body)
  body.u32(0)
  part(parts.names, 1, 1)
  part(parts.users, 1, 1, 9, 0, 0, 0)
  part(parts.event, 0, 0)
  part(undefined, 0, 0)
  part(parts.time, 1, 10, 0, 0)
  if (parts.insertIds === undefined) {
    body.bytes(Uint8Array.of(0, 1))
    body.bytes(new Uint8Array(rows * 16))
  } else parts.insertIds(body)
  part(parts.properties, 0)
  body.patchU32(0, body.length - 4)
  const text = parts.text ?? 'Nu'
  if (typeof text === 'string') body.text(text)
  else body.bytes(text)
  return frame(body.view(), rows)
}

function frame(block: Uint8Array, rows: number): Uint8Array {
  const writer = new ByteWriter()
  writer.u32(0x43524241)
  for (const byte of [1, 1, 0, 0]) writer.u8(byte)
  const headerBytes = 40 + 2 + 26 + 4
  for (const word of [headerBytes, headerBytes + block.length, 1, 0, rows, 0, 0, 1]) writer.u32(word)
  writer.string('p')
  writer.u8(16)
  writer.u8(0)
  for (const word of [0, 0, rows, block.length, block.length, crc32(block)]) writer.u32(word)
  writer.u32(crc32(writer.view()))
  writer.bytes(block)
  return writer.finish()
}

function open(bytes: Uint8Array) {
  return openRecord(bytes, 'record').blocks.map(decodeBlock)
}

/** A property `N…`: presence, one string in its dictionary or more, then codes. */
function property(...bytes: number[]) {
  return (writer: ByteWriter) => writer.bytes(Uint8Array.of(1, 1, ...bytes))
}

describe('record: a block that was never written, under right checksums', () => {
  test('record: the crafted block as it is -> decodes, so that the cases below fail for their own reason', () => {
    const [block] = open(craft({ properties: property(0, 1, 1, 0, 0, 2), text: 'Nupx' }))
    expect(block).toMatchObject({ rows: 3, eventNames: ['N'], userIds: ['u'] })
    expect(block.properties[0]).toMatchObject({ name: 'p', dictionary: ['x'], codes: Uint32Array.of(2, 2, 2) })
  })

  const cases: [string, Craft, RegExp][] = [
    ['an event past the names', { event: (w) => w.bytes(Uint8Array.of(1, 0, 1, 0)) }, /event: got 1, want below 1/],
    ['a width that does not exist', { event: (w) => w.bytes(Uint8Array.of(3, 0, 1, 0)) }, /width of event: got 3/],
    ['more names than bytes', { names: (w) => w.varint(2 ** 40) }, /event names: got 1099511627776/],
    ['more users than bytes', { users: (w) => w.varint(2 ** 20) }, /users: got 1048576/],
    ['a kind of numbers that does not exist', { time: (w) => w.u8(2) }, /kind of time: got 2/],
    ['a time that is not finite', { time: (w) => doubles(w, Number.NaN) }, /time: got NaN/],
    ['a form that does not exist', { insertIds: (w) => w.bytes(Uint8Array.of(0, 5)) }, /form of an insert id: got 5/],
    ['insert ids that end early', { insertIds: (w) => w.bytes(Uint8Array.of(0, 1, 7)) }, /insert ids: got 2 bytes/],
    ['a string past the text', { names: (w) => w.bytes(Uint8Array.of(1, 100)) }, /length of a string: got 100/],
    ['text that nobody cuts', { text: 'Nu!' }, /text of the block: got 1 units more/],
    ['text that is no UTF-8', { text: Uint8Array.of(0x4e, 0xff) }, /text of the block: got bytes that are no text/],
    ['a string that ends inside a character', { text: '\u{1f600}' }, /string: got half a character/],
    ['a presence that does not exist', { properties: property(3, 0, 0, 0, 0), text: 'Nup' }, /presence: got 3/],
    ['rows that do not ascend', { properties: property(1, 2, 1, 2, 2), text: 'Nup' }, /row of a property: got 2/],
    ['a row past the block', { properties: property(1, 1, 0, 3), text: 'Nup' }, /row of a property: got 3/],
    ['a code past the dictionary', { properties: property(0, 0, 0, 0, 2), text: 'Nup' }, /code of p: got 2/],
    ['a code for a missing value', { properties: property(0, 0, 0, 0, 0), text: 'Nup' }, /code of p: got 0/],
    [
      'a value that is not canonical',
      { properties: property(0, 0, 1, 0, 1, 9), text: 'Nup' },
      /type of a value: got 9/,
    ],
    [
      'two values at one index',
      { properties: property(0, 0, 2, 0, 1, 1, 0, 1, 2, 0, 2), text: 'Nup' },
      /indexes of values: got 1/,
    ],
    ['bytes after the body', { properties: (w) => w.bytes(Uint8Array.of(0, 7)) }, /end of the block/],
    ['more rows than bytes', { rows: 200_000 }, /rows of a block: got 200000/],
  ]
  test.each(cases)('record: %s -> RECORD_CORRUPT, with what, got and want', (_name, parts, message) => {
    const bytes = parts.rows === undefined ? craft(parts) : reframed(parts.rows)
    try {
      open(bytes)
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptError)
      expect((error as CorruptError).code).toBe('RECORD_CORRUPT')
      expect((error as CorruptError).message).toMatch(message)
      return
    }
    throw new Error('nothing was reported')
  })

  test('record: a few bytes that claim a million values -> refused before they are allocated', () => {
    const rows = 1000
    const properties = (writer: ByteWriter) => {
      writer.varint(2000)
      for (let i = 0; i < 2000; i++) writer.bytes(Uint8Array.of(0, 0, 1, 0, 0, 0, 2))
    }
    const bytes = craft({ rows, properties })
    expect(() => open(bytes)).toThrow(/values of the block: got 1025000, want at most 1024000/)
  })

  test('record: more rows than a record may have -> refused in the header', () => {
    expect(() => open(frame(new Uint8Array(300_000), 300_000))).toThrow(/rows of the record: got 300000, want at most/)
  })

  function doubles(writer: ByteWriter, ...values: number[]): void {
    writer.u8(0)
    for (let i = 0; i < 3; i++) writer.f64(values[i] ?? 0)
  }

  function reframed(rows: number): Uint8Array {
    const bytes = craft()
    return frame(bytes.subarray(72), rows)
  }
})
