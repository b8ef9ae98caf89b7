import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { plainRows, sliceOf } from '../../../test/support/segment-rows.ts'
import { dayMs } from '../../schema/event.ts'
import type { Value } from '../../schema/value.ts'
import { digestText } from './digest.ts'
import { encodeSegment } from './encode.ts'
import { openSegment } from './open.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

const folder = new URL('../../../test/golden/segment-v1/', import.meta.url)

type GoldenRow = [string, string, number, string, number, string, number, Record<string, Value>]

/** Rows in arrival order, and `stored`: their numbers in the order in which the segment has them. */
interface Golden {
  readonly limits: Parameters<typeof encodeSegment>[1]
  readonly digest: string
  readonly stored: readonly number[]
  readonly rows: readonly GoldenRow[]
}

function golden(name: string) {
  const { limits, digest, stored, rows }: Golden = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
  const events = rows.map(([project, event, h, distinctId, time, insertId, masked, properties]) => ({
    event: { project, event, distinctId, time, insertId, properties },
    h,
    masked: masked === 1,
  }))
  const groups = Map.groupBy(events, ({ event }) => `${event.project} ${Math.floor(event.time / dayMs)}`)
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.seg`, folder)))
  return { limits, digest, stored: stored.map((row) => events[row]), slices: [...groups.values()].map(sliceOf), bytes }
}

describe.each(['tight', 'loose', 'packed'])('segment v1, golden bytes %s', (name) => {
  const { limits, digest, stored, slices, bytes } = golden(name)

  test('segment: read -> the rows, order and digest that were written', async () => {
    const segment = await openSegment(new BytesSource(bytes, name))
    const read = await readSlices(segment)
    expect(read.flatMap(plainRows)).toEqual(stored.flatMap((row) => plainRows(sliceOf([row]))))
    expect(digestText(segment.digest)).toBe(digest)
  })

  test('segment: the same rows encoded -> the same bytes (a change of them is a change of format)', async () => {
    const encoded = encodeSegment(slices, limits)
    expect(digestText(encoded.digest)).toBe(digest)
    // What zstd makes of bytes may change with its version; what it unpacks to may not.
    if (name !== 'packed') expect(Buffer.compare(encoded.bytes, bytes)).toBe(0)
    else {
      const again = await readSlices(await openSegment(new BytesSource(encoded.bytes)))
      expect(again).toEqual(await readSlices(await openSegment(new BytesSource(bytes))))
    }
  })
})
