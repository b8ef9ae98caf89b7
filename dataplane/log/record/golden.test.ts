import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Event } from '../../schema/event.ts'
import { emptyProperties } from '../../schema/properties.ts'
import type { RecordRow } from './contract.ts'
import { encodeRecord } from './encode.ts'
import { decodeEvents } from './events.ts'
import { rawEncoding } from './layout.ts'
import { openRecord } from './open.ts'

const folder = new URL('../../../test/golden/record-v1/', import.meta.url)

interface Golden {
  readonly generation: number
  readonly partition: number
  readonly spreads: Readonly<Record<string, number>>
  /** In the record's order. */
  readonly rows: readonly (Event & { readonly h: number; readonly position: number })[]
}

function golden(name: string) {
  const text = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Golden
  const rows: RecordRow[] = text.rows.map(({ h, position, ...event }) => ({
    event: { ...event, properties: Object.assign(emptyProperties(), event.properties) },
    h,
    position,
  }))
  return { ...text, rows, bytes: new Uint8Array(readFileSync(new URL(`${name}.record`, folder))) }
}

describe.each(['mixed', 'packed'])('record v1, golden bytes %s', (name) => {
  const { generation, partition, spreads, rows, bytes } = golden(name)

  test('record: bytes of version 1 -> the rows that were written, for as long as there are such bytes', () => {
    const record = openRecord(bytes, name)
    const decoded = [...decodeEvents(record, 9)]
    expect(decoded.map((row) => row.event)).toEqual(rows.map((row) => row.event))
    expect(decoded.map((row) => row.h)).toEqual(rows.map((row) => row.h))
    expect(decoded.map((row) => row.at)).toEqual(rows.map((_, index) => ({ generation, partition, offset: 9, index })))
    for (const block of record.blocks) expect(block.spread).toBe(spreads[block.project] ?? 16)
  })

  test('record: the same rows -> the same bytes (a change of them is a change of format)', () => {
    const again = encodeRecord({ generation, partition, rows, spreads: new Map(Object.entries(spreads)) })
    // What zstd makes of a block may change with its version; what it unpacks to may not.
    const blocks = openRecord(bytes, name).blocks
    if (blocks.every((block) => block.encoding === rawEncoding)) expect(again).toEqual(bytes)
    else
      expect(openRecord(again, name).blocks.map((block) => block.rawBytes)).toEqual(
        blocks.map((block) => block.rawBytes),
      )
  })
})
