import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeBodies } from './bodies.ts'
import { ingestBench } from './ingest-core.ts'
import { IngestWorld } from './ingest-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('bench ingest-core: bodies to a queryable tail -> rates beside JSON.parse, fsyncs, latencies, and a clean folder', async () => {
  const options = {
    workload: { rows: 4_000 },
    rounds: 1,
    folder,
    requests: 10,
    clock: 'wall' as const,
    say: () => undefined,
  }
  const rows = await ingestBench(options)
  const names = rows.map(({ name }) => name)
  const wanted = [
    'parse, validate',
    'parse, validate, record, fsync',
    'parse, validate, record, fsync, tail',
    'JSON of an event',
    'fsyncs of the log',
    'sent to acknowledged, p50',
    'sent to acknowledged, p99',
    'acknowledged to queryable, p50',
    'acknowledged to queryable, p99',
  ]
  expect(names.filter((name) => wanted.includes(name))).toEqual(wanted)
  for (const { ours } of rows) expect(ours).toBeGreaterThan(0)
  const rates = rows.slice(0, 3)
  for (const { ours, peers, ratio } of rates) expect(ratio).toBeCloseTo(ours / peers['JSON.parse'])
  expect(readdirSync(folder)).toEqual([])
})

test('bench ingest-core: a query that sees another number of events -> it fails', async () => {
  const { visibleRows } = makeBodies({ rows: 1_000 }, 100)
  const run = IngestWorld.run(folder, (world) => world.withShard(visibleRows, async () => undefined))
  await expect(run).rejects.toThrow(`a query sees 0 events, ${visibleRows} different ones were sent`)
})
