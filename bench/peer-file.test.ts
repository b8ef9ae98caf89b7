import { expect, test } from 'vitest'
import { uuidText } from '../workload/events.ts'
import { generate } from '../workload/generate.ts'
import { userId } from '../workload/population.ts'
import { IdCache, nativeBlock, visibleRows } from './peer-file.ts'

/** Reads a block back by the drawing at the head of `peer-file.ts`. */
function readBlock(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  const text = () => {
    const length = varint()
    at += length
    return Buffer.from(bytes.subarray(at - length, at)).toString()
  }
  const widths: Record<string, number> = { UInt64: 8, Int64: 8, UInt16: 2, UUID: 16, Int32: 4 }
  const columns = varint()
  const rows = varint()
  const starts = new Map<string, number>()
  for (let column = 0; column < columns; column++) {
    const name = text()
    const type = text()
    starts.set(name, at)
    at += widths[type] * rows
  }
  return { rows, view, starts, end: at }
}

test('bench peers: a block of the load file -> the visible rows, every column of its length, ids without loss', () => {
  const [chunk] = [...generate({ rows: 30_000 })].slice(5)
  const bytes = nativeBlock(chunk, new IdCache())
  const { rows, view, starts, end } = readBlock(bytes)
  const visible = visibleRows(chunk)
  expect(end).toBe(bytes.length)
  expect(rows).toBe(visible.length)
  expect(rows).toBeLessThan(chunk.rows)
  for (const i of [0, 1, rows - 1]) {
    const row = visible[i]
    const user = view.getBigUint64(starts.get('user')! + i * 8, true)
    expect(user.toString(16).padStart(16, '0')).toBe(userId(chunk.seed, chunk.user[row]))
    expect(Number(view.getBigInt64(starts.get('time')! + i * 8, true))).toBe(chunk.time[row])
    const half = (k: number) => view.getBigUint64(starts.get('insert_id')! + i * 16 + k * 8, true)
    const uuid = [half(0), half(1)].map((word) => word.toString(16).padStart(16, '0')).join('')
    expect(uuid).toBe(uuidText(chunk.insertIds, row).replaceAll('-', ''))
    const amount = view.getInt32(starts.get('amount_hundredths')! + i * 4, true)
    const property = chunk.properties.find(({ name }) => name === 'amount')!
    expect(amount).toBe(property.codes[row] === 0 ? -1 : Math.round(property.numbers![row] * 100))
  }
})
