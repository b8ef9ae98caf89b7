/**
 * `bench -- segment`: bytes per visible event by column, ours beside both peers' files, and how fast rows
 * become bytes and bytes rows again.
 *
 * Ours is one segment; ClickHouse is its table with the codec that measured smallest for each column, merged into one
 * part; DuckDB is its checkpointed file. What belongs to no column (directories, digests) is a line of its own
 * and part of the total. DuckDB does not tell the size of a column: the distance to the next piece in the
 * block stands for it.
 */
import { encodeSegment } from '../dataplane/storage/segment/encode.ts'
import { inspectSegment, type SegmentReport } from '../dataplane/storage/segment/inspect.ts'
import { openSegment } from '../dataplane/storage/segment/open.ts'
import { readSlices } from '../dataplane/storage/segment/rows.ts'
import { BytesSource } from '../dataplane/storage/segment/source.ts'
import { generate, type WorkloadOptions } from '../workload/generate.ts'
import { sliceRows } from '../workload/slices.ts'
import * as clickhouse from './clickhouse.ts'
import * as duckdb from './duckdb.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peer-data.ts'
import { makeRow, median, type Row } from './report.ts'

export interface SegmentBenchOptions {
  readonly workload: WorkloadOptions
  readonly peers: Peers | undefined
  readonly rounds: number
}

/** Bytes by column; `total` is what lies on disk. */
interface Sizes {
  readonly columns: ReadonlyMap<string, number>
  readonly total: number
}

const shape = 'one segment'

/** Throws when what is decoded has not the digest of what was encoded. */
export async function segmentBench({ workload, peers, rounds }: SegmentBenchOptions): Promise<Row[]> {
  const slices = sliceRows(generate(workload), { visibleOnly: true })
  const encodeMs: number[] = []
  let encoded = encodeSegment(slices)
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    encoded = encodeSegment(slices)
    encodeMs.push(performance.now() - begin)
  }
  const decodeMs: number[] = []
  for (let round = -1; round < rounds; round++) {
    const begin = performance.now()
    const decoded = await readSlices(await openSegment(new BytesSource(encoded.bytes)))
    if (round >= 0) decodeMs.push(performance.now() - begin)
    const got = decoded.reduce((sum, slice) => sum + slice.rows, 0)
    if (got !== encoded.digest.rows) throw new Error(`decoded ${got} rows, want ${encoded.digest.rows}`)
  }
  const rows = encoded.digest.rows
  const ours = ourSizes(await inspectSegment(new BytesSource(encoded.bytes)))
  const clickhouse = peers === undefined ? undefined : await clickhouseSizes(peers.clickhouse)
  const duckdb = peers === undefined ? undefined : await duckdbSizes(peers.duckdb)
  const size = (name: string, read: (sizes: Sizes) => number | undefined) => {
    const found = Object.entries({ clickhouse, duckdb }).map(
      ([peer, sizes]) => [peer, sizes === undefined ? undefined : read(sizes)] as const,
    )
    const known = found.flatMap(([peer, bytes]) => (bytes === undefined ? [] : [[peer, bytes / rows] as const]))
    const bytes = (read(ours) ?? 0) / rows
    return makeRow(
      { name, shape, unit: 'bytes/event', ours: bytes, peers: Object.fromEntries(known), hash: undefined },
      'less',
    )
  }
  const rate = (name: string, ms: readonly number[]) =>
    makeRow({ name, shape, unit: 'M events/s', ours: rows / median(ms) / 1000, peers: {}, hash: undefined }, 'more')
  const names = [...ours.columns.entries()].sort(([, a], [, b]) => b - a).map(([name]) => name)
  return [
    size('total', ({ total }) => total),
    ...names.map((name) => size(name, ({ columns }) => columns.get(name))),
    rate('encode', encodeMs),
    rate('decode', decodeMs),
  ]
}

/** One line: rows are stored by event, which leaves names without a column and cuts the runs of users short. */
const userAndEvent = 'user and event'

/** Columns of the inspection that are parts of one column of the model, or of the file's own. */
const parts: Readonly<Record<string, string>> = {
  'user runs': userAndEvent,
  'user ids': userAndEvent,
  'user hashes': userAndEvent,
  'slice users': userAndEvent,
  'heads of slices': 'directory and digests',
  'heads of tables': 'directory and digests',
  'digests by hash': 'directory and digests',
  footer: 'directory and digests',
  'file head and trailer': 'directory and digests',
}

function ourSizes(report: SegmentReport): Sizes {
  const columns = new Map<string, number>()
  for (const { name, bytes } of report.columns) {
    const column = parts[name] ?? name.split(':')[0]
    columns.set(column, (columns.get(column) ?? 0) + bytes)
  }
  return { columns, total: report.bytes }
}

const peerParts: Readonly<Record<string, string>> = {
  user: userAndEvent,
  event: userAndEvent,
  build_number: 'build',
  build_text: 'build',
}

/** Columns of the peers' schemas under the names of the model. */
function merge(columns: Iterable<readonly [string, number]>): Map<string, number> {
  const merged = new Map<string, number>()
  for (const [name, bytes] of columns) {
    const column = peerParts[name] ?? name
    merged.set(column, (merged.get(column) ?? 0) + bytes)
  }
  return merged
}

async function clickhouseSizes(peer: Peer): Promise<Sizes> {
  const { rows: known } = await peer.run('EXISTS TABLE tuned')
  if (known[0][0] === '0') for (const sql of clickhouse.tuneStatements()) await peer.run(sql)
  const { rows } = await peer.run(clickhouse.sizesStatement)
  const total = (await peer.run(clickhouse.totalSizeStatement)).rows[0][0]
  return { columns: merge(rows.map(([name, bytes]) => [name, Number(bytes)])), total: Number(total) }
}

async function duckdbSizes(peer: Peer): Promise<Sizes> {
  const [blockSize, blocks] = (await peer.run(duckdb.totalSizeStatement)).rows[0].map(Number)
  const { rows } = await peer.run(duckdb.sizesStatement)
  const pieces = rows.map(([name, block, offset, more]) => ({
    name,
    block,
    offset: Number(offset),
    more: Number(more) || 0,
  }))
  const sizes = pieces.map(({ name, block, offset, more }, i) => {
    const next = pieces[i + 1]
    const end = next !== undefined && next.block === block ? next.offset : blockSize
    return [name, (block === '-1' ? 0 : end - offset) + more * blockSize] as const
  })
  return { columns: merge(sizes), total: blockSize * blocks }
}
