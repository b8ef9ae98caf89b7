import { expect, test } from 'vitest'
import { generate } from '../workload/generate.ts'
import { segmentBench } from './segment.ts'

test('bench segment: columns of the model -> their bytes add up to the file', async () => {
  const rows = await segmentBench({ workload: { rows: 5_000 }, peers: undefined, rounds: 1 })
  const size = (name: string) => rows.find((row) => row.name === name)?.ours ?? Number.NaN
  const names = [...generate({ rows: 1 })][0].properties.map(({ name }) => name)
  const columns = ['insert_id', 'time', 'user and event', 'directory and digests', ...names]
  expect(rows.map(({ name }) => name).toSorted()).toEqual(['total', 'encode', 'decode', ...columns].toSorted())
  expect(columns.reduce((sum, name) => sum + size(name), 0)).toBeCloseTo(size('total'), 6)
  // A random UUID has 15.25 bytes of entropy.
  expect(size('insert_id')).toBeGreaterThan(15.2)
  expect(size('encode')).toBeGreaterThan(0)
  expect(size('decode')).toBeGreaterThan(0)
})
