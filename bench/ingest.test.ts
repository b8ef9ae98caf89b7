import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { importEvents } from '../workload/events.ts'
import { generate } from '../workload/generate.ts'
import { BodyFile } from './body-file.ts'
import { ingestProcessBench } from './ingest.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('bench ingest: a small load on processes -> every event counted once, each figure, and a clean folder (ING-1, DED-1)', async () => {
  const said: string[] = []
  const options = { workload: { rows: 6_000 }, folder, peers: false, say: (line: string) => said.push(line) }
  const rows = await ingestProcessBench(options)
  expect(rows.slice(0, 2).map(({ name }) => name)).toEqual([
    'HTTP to durable',
    'HTTP to durable, by CPU time on two cores',
  ])
  for (const { ours, name } of rows) expect(ours, name).toBeGreaterThan(0)
  for (const { ours, peers, ratio } of rows.slice(0, 2)) expect(ratio).toBeCloseTo(ours / peers['JSON.parse']!)
  expect(said.join()).toMatch(/\d events durable/)
  expect(readdirSync(folder)).toEqual([])
}, 60_000)

test('bench ingest: bodies in a file -> the events of the workload in arrival order, the last body shorter', () => {
  const file = BodyFile.write(join(folder, 'bodies'), { rows: 2_500 }, 1_000)
  const events = [...generate({ rows: 2_500 })].flatMap((chunk) => importEvents(chunk))
  const read = Array.from({ length: file.count }, (_, i) => JSON.parse(file.body(i).toString()) as unknown[])
  expect(read.flat()).toEqual(events)
  expect(read.map(({ length }) => length).at(-1)).toBeLessThanOrEqual(1_000)
  expect([file.rows, file.visibleRows < file.rows]).toEqual([events.length, true])
  file.remove()
})
