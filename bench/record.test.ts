import { expect, test } from 'vitest'
import { recordRows } from './record.ts'

test('bench record: rows of one partition to bytes and back -> rates beside JSON.parse, bytes an event', () => {
  const rows = recordRows({ rows: 2_000 }, 1)
  expect(rows.every((row) => Number.isFinite(row.ours))).toBe(true)
  const small = rows.filter((row) => row.shape === 'records of 30 rows')
  expect(small.map(({ name }) => name)).toEqual(['record: encode, decode', 'record: decode', 'record'])
  for (const { ours } of small) expect(ours).toBeGreaterThan(0)
  expect(small[2].ours).toBeLessThan(150)
})
