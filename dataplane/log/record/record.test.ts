import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptError } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { Event } from '../../schema/event.ts'
import { emptyProperties } from '../../schema/properties.ts'
import type { Value } from '../../schema/value.ts'
import type { RecordRow } from './contract.ts'
import { decodeBlock } from './decode.ts'
import { encodeRecord } from './encode.ts'
import { decodeEvents } from './events.ts'
import { openRecord } from './open.ts'

/** Events as rows, with hashes and positions as ingest gives them: stable by position. */
function placed(events: readonly Event[]): RecordRow[] {
  return events
    .map((event) => {
      const h = hashOf(event.distinctId === '' ? event.insertId : event.distinctId)
      return { event, h, position: (h & 0xffff0000) >>> 0 }
    })
    .sort((a, b) => a.position - b.position)
}

function hashOf(text: string): number {
  return Math.imul(crc32(new TextEncoder().encode(text)), 0x9e3779b1) >>> 0
}

function event(fields: Partial<Event> & { properties?: Record<string, Value> } = {}): Event {
  const { properties, ...rest } = fields
  return {
    project: 'p1',
    event: 'Viewed',
    distinctId: 'user-1',
    time: 1_767_225_600_000,
    insertId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    properties: Object.assign(emptyProperties(), properties),
    ...rest,
  }
}

function decoded(bytes: Uint8Array): Event[] {
  return [...decodeEvents(openRecord(bytes, 'record'), 0)].map((row) => row.event)
}

/** What `fails` must be: a `CorruptError` that names object, offset, got and want. */
function corruption(bytes: Uint8Array): CorruptError {
  try {
    decoded(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(CorruptError)
    const { object, offset, detail } = error as CorruptError
    expect(object).toBe('record')
    expect(offset).toBeTypeOf('number')
    expect(detail.got).toBeDefined()
    expect(detail.want).toBeDefined()
    return error as CorruptError
  }
  throw new Error('nothing was reported')
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((value) => value.isWellFormed()),
  fc.constantFrom('', 'DE', '__proto__', 'toString', 'Ünïcødé', '\u{1f600}', '\ufeff', '\0'),
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer(),
  fc.constantFrom(0, 1, 2 ** 53, -(2 ** 53), 1e308, 5e-324, 0.1),
)
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: false }),
  ),
})).value
const insertId = fc.oneof(
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.uuid().map((id) => id.replaceAll('-', '')),
  fc.constantFrom('a', 'evt-1', 'X'.repeat(36)),
)
const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    project: fc.constantFrom('p1', 'p2', '\uff5e', '\u{1f600}'),
    event: text,
    distinctId: fc.constantFrom('', 'a', 'b', 'ç'),
    time: fc.integer({ min: 0, max: 2 ** 45 }),
    insertId,
    properties: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'é'), value),
  })
  .map((fields) => event(fields))
const anyEvents = fc.array(anyEvent, { minLength: 1, maxLength: 40 })

/** Rows in the order of the record: by project bytes, stable. */
function inRecordOrder(rows: readonly RecordRow[]): Event[] {
  const order = ['p1', 'p2', '\uff5e', '\u{1f600}']
  return rows.map((row) => row.event).sort((a, b) => order.indexOf(a.project) - order.indexOf(b.project))
}

describe('record: rows in, the same rows out', () => {
  test('record: any events of several projects -> decode to the same, in order, with positions (ING-1)', () => {
    fc.assert(
      fc.property(anyEvents, (events) => {
        const rows = placed(events)
        const bytes = encodeRecord({ generation: 7, partition: 3, rows })
        const out = [...decodeEvents(openRecord(bytes, 'record'), 11)]
        const want = inRecordOrder(rows)
        expect(out.map((row) => row.event)).toEqual(want)
        out.forEach(({ at, event, h }, index) => {
          expect(at).toEqual({ generation: 7, partition: 3, offset: 11, index })
          expect(h).toBe(rows.find((row) => row.event === want[index])!.h)
          expect(Object.keys(event.properties).sort()).toEqual(Object.keys(want[index].properties).sort())
        })
      }),
      { numRuns: 300 },
    )
  })

  test('record: the same encoder again -> nothing of earlier records shows in later ones', () => {
    fc.assert(
      fc.property(fc.array(anyEvents, { minLength: 2, maxLength: 4 }), (batches) => {
        for (const events of batches) {
          const rows = placed(events)
          expect(decoded(encodeRecord({ generation: 1, partition: 0, rows }))).toEqual(inRecordOrder(rows))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('record: thousands of rows, sparse and dense properties -> compressed, and the same again', () => {
    const events = Array.from({ length: 3000 }, (_, i) =>
      event({
        distinctId: `user-${i % 700}`,
        event: `Event ${i % 300}`,
        insertId: i % 5 === 0 ? `id-${i}` : `0f8fad5b-d9cb-469f-a165-${String(i).padStart(12, '0')}`,
        time: 1_767_225_600_000 + i * 977,
        properties: {
          always: `value ${i % 70_000}`,
          ...(i % 2 === 1 && { half: i * 0.5 }),
          ...(i % 900 === 13 && { rare: [i, null] }),
          [`own ${i}`]: true,
        },
      }),
    )
    const rows = placed(events)
    const bytes = encodeRecord({ generation: 1, partition: 0, rows })
    const { blocks } = openRecord(bytes, 'record')
    expect(blocks).toHaveLength(1)
    expect(blocks[0].storedBytes).toBeLessThan(blocks[0].rawBytes / 2)
    expect(decoded(bytes)).toEqual(rows.map((row) => row.event))
  })

  test('record: -0 -> 0, as everywhere', () => {
    for (const other of [1, 0.5]) {
      const rows = placed([event({ properties: { n: -0 } }), event({ properties: { n: other } })])
      expect(Object.is(decoded(encodeRecord({ generation: 1, partition: 0, rows }))[0].properties.n, 0)).toBe(true)
    }
  })
})

describe('record: what a reader sees without decoding', () => {
  const rows = placed([
    event({ project: 'b', distinctId: 'x' }),
    event({ project: 'a', distinctId: 'y' }),
    event({ project: 'b', distinctId: 'z' }),
  ])
  const bytes = encodeRecord({ generation: 2, partition: 5, rows, spreads: new Map([['a', 3]]) })

  test('record: the header -> generation, partition, positions, and per project what it takes to skip it', () => {
    const record = openRecord(bytes, 'record')
    const positions = (project: string) => rows.filter((r) => r.event.project === project).map((r) => r.position)
    expect(record).toMatchObject({ generation: 2, partition: 5, rows: 3 })
    expect(record.minPosition).toBe(Math.min(...rows.map((row) => row.position)))
    expect(record.maxPosition).toBe(Math.max(...rows.map((row) => row.position)))
    expect(
      record.blocks.map(({ project, spread, rows, firstIndex }) => ({ project, spread, rows, firstIndex })),
    ).toEqual([
      { project: 'a', spread: 3, rows: 1, firstIndex: 0 },
      { project: 'b', spread: 16, rows: 2, firstIndex: 1 },
    ])
    expect(record.blocks[1]).toMatchObject({
      minPosition: Math.min(...positions('b')),
      maxPosition: Math.max(...positions('b')),
    })
  })

  test('record: one project damaged -> the other still decodes (blocks stand alone)', () => {
    const damaged = bytes.slice()
    const { blocks } = openRecord(bytes, 'record')
    damaged[blocks[0].offset + 5] ^= 1
    const after = openRecord(damaged, 'record').blocks
    expect(() => decodeBlock(after[0])).toThrow(/project a/)
    expect(decodeBlock(after[1]).userIds.toSorted()).toEqual(['x', 'z'])
  })

  test('record: columns -> codes as the segment contract has them, equal strings once', () => {
    const many = placed(
      [0, 1, 2, 3].map((i) =>
        event({ distinctId: 'u', insertId: `id${i}`, properties: i === 2 ? {} : { p: ['a', 5, '', 'a'][i] } }),
      ),
    )
    const [block] = openRecord(encodeRecord({ generation: 1, partition: 0, rows: many }), 'record').blocks
    const columns = decodeBlock(block)
    expect(columns.userIds).toEqual(['u'])
    expect(columns.properties).toEqual([
      {
        name: 'p',
        dictionary: ['a'],
        rows: Uint32Array.of(0, 1, 3),
        codes: Uint32Array.of(2, 1, 2),
        numbers: Float64Array.of(0, 5, 0),
      },
    ])
  })
})

test('record: rows without a user -> told apart by hash, the same hash once', () => {
  const rows = placed(['a', 'b', 'a'].map((insertId) => event({ distinctId: '', insertId })))
  const [block] = openRecord(encodeRecord({ generation: 1, partition: 0, rows }), 'record').blocks
  const columns = decodeBlock(block)
  expect(columns.userIds).toEqual(['', ''])
  expect([...columns.user].map((user) => columns.userHashes[user])).toEqual(rows.map((row) => row.h))
})

describe('record: rows that break the contract are a defect of the caller', () => {
  const row = (fields: Partial<Event>, h = 1, position = 0): RecordRow => ({ event: event(fields), h, position })
  test.each([
    ['no rows', []],
    ['positions that go back', [row({}, 1, 9), row({}, 1, 8)]],
    ['one user with two hashes', [row({}, 1), row({}, 2)]],
    ['a time that is no integer', [row({ time: 0.5 })]],
    ['a number that is not finite', [row({ properties: { n: Number.NaN } })]],
  ])('record: %s -> refused', (_name, rows) => {
    expect(() => encodeRecord({ generation: 1, partition: 0, rows })).toThrow(/^BUG/)
  })
})

describe('record: bytes are never trusted', () => {
  const small = encodeRecord({
    generation: 1,
    partition: 0,
    rows: placed([
      event({ properties: { plan: 'pro', n: 1.5, list: [1, 'x'] } }),
      event({ distinctId: '', insertId: 'escape', properties: { plan: 'free' } }),
      event({ project: 'p2' }),
    ]),
  })
  const packed = encodeRecord({
    generation: 1,
    partition: 0,
    rows: placed(
      Array.from({ length: 300 }, (_, i) =>
        event({ distinctId: `u${i}`, properties: { i: `value ${i} `.repeat(40) } }),
      ),
    ),
  })

  test('record: any bit of a small record flipped -> reported with object, offset, got and want', () => {
    for (let at = 0; at < small.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = small.slice()
        bytes[at] ^= 1 << bit
        expect(corruption(bytes).code).toBe('RECORD_CORRUPT')
      }
    }
  })

  test('record: any bit of a compressed record flipped -> reported', () => {
    expect(openRecord(packed, 'record').blocks[0].storedBytes).toBeLessThan(65_536)
    expect(openRecord(packed, 'record').blocks[0].rawBytes).toBeGreaterThan(65_536)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: packed.length * 8 - 1 }), (bit) => {
        const bytes = packed.slice()
        bytes[bit >>> 3] ^= 1 << (bit & 7)
        expect(corruption(bytes).code).toBe('RECORD_CORRUPT')
      }),
      { numRuns: 300 },
    )
  })

  test('record: cut anywhere, or with bytes behind it -> reported', () => {
    for (let length = 0; length < small.length; length++) corruption(small.slice(0, length))
    for (let length = 0; length < packed.length; length += 97) corruption(packed.slice(0, length))
    const longer = new Uint8Array(small.length + 1)
    longer.set(small)
    corruption(longer)
  })

  test('record: wrong bytes under right checksums -> decoded or reported, never another error or a huge array', () => {
    const { blocks } = openRecord(small, 'record')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (changes, inHeader) => {
          const bytes = small.slice()
          const start = inHeader ? 12 : blocks[0].offset
          const length = inHeader ? blocks[0].offset - 4 - start : blocks[0].storedBytes
          for (const [at, byte] of changes) bytes[start + (at % length)] = byte
          reseal(bytes)
          try {
            decoded(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(CorruptError)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  /** Makes the checksums right again, as far as the header still says where they are. */
  function reseal(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer)
    const headerBytes = view.getUint32(8, true)
    const { blocks } = openRecord(small, 'record')
    const entryEnds = [40 + 3 + 26, headerBytes - 4]
    blocks.forEach((block, i) => {
      view.setUint32(entryEnds[i] - 4, crc32(bytes.subarray(block.offset, block.offset + block.storedBytes)), true)
    })
    view.setUint32(headerBytes - 4, crc32(bytes.subarray(0, headerBytes - 4)), true)
  }

  test.each([
    ['version', 4, 2],
    ['kind', 5, 9],
    ['flags', 6, 1],
    ['encoding', 40 + 3 + 1, 7],
  ])('record: an unknown %s -> FORMAT_UNKNOWN with the remedy', (what, at, byte) => {
    const bytes = small.slice()
    bytes[at] = byte
    reseal(bytes)
    const error = corruption(bytes)
    expect(error.code).toBe('FORMAT_UNKNOWN')
    expect(error.message).toContain(what)
    expect(error.message).toContain('Run a build at least as new')
  })

  test('record: a control record -> its kind is named and refused; a damaged one is corrupt', () => {
    const control = controlRecord(3, Uint8Array.of(1, 2, 3))
    const error = corruption(control)
    expect(error.code).toBe('FORMAT_UNKNOWN')
    expect(error.message).toContain('control kind: got 3')
    for (let at = 0; at < control.length; at++) {
      const bytes = control.slice()
      bytes[at] ^= 0x10
      expect(corruption(bytes).code).toBe('RECORD_CORRUPT')
    }
  })

  function controlRecord(kind: number, payload: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(44 + 6 + payload.length + 4)
    const view = new DataView(bytes.buffer)
    bytes.set(small.subarray(0, 8))
    bytes[5] = 2
    view.setUint32(8, 44, true)
    view.setUint32(12, bytes.length, true)
    view.setUint32(40, crc32(bytes.subarray(0, 40)), true)
    view.setUint16(44, kind, true)
    view.setUint32(46, payload.length, true)
    bytes.set(payload, 50)
    view.setUint32(bytes.length - 4, crc32(bytes.subarray(44, bytes.length - 4)), true)
    return bytes
  }
})
