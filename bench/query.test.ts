import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { realDisk } from '../dataplane/runtime/disk.ts'
import { realRandom } from '../dataplane/runtime/random.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import { addDigest, emptyDigest } from '../dataplane/storage/segment/digest.ts'
import { openSegment } from '../dataplane/storage/segment/open.ts'
import { BytesSource } from '../dataplane/storage/segment/source.ts'
import { answerLinear, markDuplicatesLinear } from '../oracle/answer.ts'
import type { StoredEvent } from '../oracle/event.ts'
import type { Query } from '../oracle/query.ts'
import { importEvents } from '../workload/events.ts'
import { generate } from '../workload/generate.ts'
import { workloadProject } from '../workload/shape.ts'
import { clickhouseSql } from './clickhouse.ts'
import { duckdbSql } from './duckdb.ts'
import { OurEngine } from './engine.ts'
import { queryBench } from './query.ts'
import { hashLines, linesOfResult, linesOfRows, queryDocument, questions } from './questions.ts'
import { buildShapes, type Shapes, shapeEnds, shapeNames } from './shapes.ts'

const rows = 12_000
const folder = mkdtempSync(join(tmpdir(), 'anabranch-bench-'))
const store = new FolderStore(realDisk(folder), 'objects', realRandom)
let shapes: Shapes
let engine: OurEngine

beforeAll(async () => {
  shapes = await buildShapes({ rows }, store)
  engine = await OurEngine.open({ shapes, store })
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

/** The workload as the oracle takes it. */
function storedEvents(): StoredEvent[] {
  const events = [...generate({ rows })].flatMap((chunk) => importEvents(chunk))
  return markDuplicatesLinear(
    events.map(({ event, properties: { time, distinct_id, $insert_id, ...properties } }, offset) => ({
      project: workloadProject,
      event,
      time: time as number,
      distinct_id: distinct_id as string,
      insert_id: $insert_id as string,
      properties,
      position: { partition: 0, offset, index: 0 },
    })),
  )
}

test('bench query: every question in both shapes -> the hash of the oracle’s answer, and it is not empty', async () => {
  const result = await queryBench({
    shapes,
    engine,
    peers: undefined,
    rounds: 1,
    warmUp: 0,
    clock: 'wall',
    say: () => undefined,
  })
  expect(result.map(({ name, shape }) => [name, shape])).toEqual(
    shapeNames.flatMap((shape) => questions.map(({ name }) => [name, shape])),
  )
  const events = storedEvents()
  for (const [i, question] of questions.entries()) {
    const lines = linesOfResult(question.kind, answerLinear(events, queryDocument(question) as Query))
    expect(lines.length).toBeGreaterThan(2)
    const hash = hashLines(lines)
    expect([result[i].hash, result[questions.length + i].hash], question.name).toEqual([hash, hash])
  }
  expect(result.every(({ ours, ratio, unit }) => ours > 0 && ratio === undefined && unit === 'M events/s')).toBe(true)
})

test('bench query: an answer that differs, or rows that were not scanned -> it fails', async () => {
  const options = {
    shapes,
    engine,
    peers: undefined,
    rounds: 1,
    warmUp: 0,
    clock: 'wall' as const,
    say: () => undefined,
  }
  const tooFew = { ...shapes, rowsNeeded: shapes.rowsNeeded.map((count) => count * 3) }
  await expect(queryBench({ ...options, shapes: tooFew })).rejects.toThrow(/scanned \d+ rows, want at least \d+/)
  const wrong = { engine: 'clickhouse', run: async () => ({ ms: 1, cpuMs: 1, rows: [['Page Viewed', '1']] }) }
  const peers = { clickhouse: wrong, duckdb: wrong, close: async () => undefined } as never
  await expect(queryBench({ ...options, peers })).rejects.toThrow(/count by event .*answers differ: ours [0-9a-f]{16}/)
})

test('bench query: shapes -> sixteen segments of 95 %, four runs of the rest, copies in the second alone', async () => {
  const ends = shapeEnds(rows)
  expect(ends.length).toBe(20)
  expect(ends[15]).toBe(11_400)
  expect(ends.slice(16)).toEqual([11_700, 11_850, 11_925, 12_000])
  expect(shapes.objects['16 segments + tail'].map(({ inMemory }) => inMemory)).toEqual(ends.map((_, i) => i >= 16))
  const digests = { 'one segment': emptyDigest, '16 segments + tail': emptyDigest }
  for (const shape of shapeNames) {
    for (const { key, byteLength } of shapes.objects[shape]) {
      const bytes = (await store.getRange(key, 0, byteLength))!
      const { digest } = await openSegment(new BytesSource(bytes))
      digests[shape] = addDigest(digests[shape], digest)
    }
  }
  const { visibleRows } = shapes
  expect(digests['one segment']).toMatchObject({ rows: visibleRows, maskedRows: 0 })
  expect(digests['16 segments + tail']).toMatchObject({ rows, maskedRows: rows - visibleRows })
  expect(shapes.visibleRows).toBe(storedEvents().filter(({ duplicate }) => !duplicate).length)
})

test('bench query: each question has SQL for both peers, on one thread, with its bounds and its filter', () => {
  for (const question of questions) {
    for (const sql of clickhouseSql(question)) expect(sql).toContain('max_threads = 1')
    for (const sql of [...clickhouseSql(question), ...duckdbSql(question)]) {
      expect(sql).toContain(String(question.from))
      expect(sql).toContain(String(question.to))
      if (question.filter !== undefined)
        expect(sql).toContain(`${question.filter.property} = '${question.filter.value}'`)
    }
  }
})

test('bench query: a funnel by level reached -> users of each level and above', () => {
  const levels = [
    ['0', '7'],
    ['3', '1'],
    ['1', '5'],
    ['2', '2'],
  ]
  expect(linesOfRows('funnel', levels)).toEqual(['1\t8', '2\t3', '3\t1'])
})
