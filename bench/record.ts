/**
 * The record codec alone: rows of one partition to record bytes and back to columns, beside bare
 * `JSON.parse` of the same events, by rows a record. Events are parsed just before they are encoded, as
 * in ingest: strings that lie about in memory for long cost twice as much.
 */

import type { RecordRow } from '../dataplane/log/record/contract.ts'
import { decodeBlock } from '../dataplane/log/record/decode.ts'
import { encodeRecord } from '../dataplane/log/record/encode.ts'
import { openRecord } from '../dataplane/log/record/open.ts'
import { placementHash, position, projectBase } from '../dataplane/schema/placement.ts'
import type { WorkloadOptions } from '../workload/generate.ts'
import { workloadProject } from '../workload/shape.ts'
import { eventsOf, makeBodies } from './bodies.ts'
import { makeRow, median, type Row } from './report.ts'

const partitions = 8
const base = projectBase(workloadProject)

/** Throws when a row is missing after decoding. */
export function recordRows(workload: WorkloadOptions, rounds: number): Row[] {
  const { bodies } = makeBodies(workload, 500, 200)
  return [30, 120, 300, 800, 3000].flatMap((rowsEach) => {
    const figures = Array.from({ length: rounds + 1 }, () => pass(bodies, rowsEach)).slice(1)
    // Too few events to fill a record of this size in any partition.
    if (figures.some(({ rows }) => rows === 0)) return []
    const shape = `records of ${rowsEach} rows`
    const middle = (of: (figure: Figures) => number) => median(figures.map(of))
    const peers = { 'JSON.parse': middle((figure) => figure.parsed / figure.parse) }
    const rate = (name: string, ours: number) =>
      makeRow({ name, shape, unit: 'k events/s', ours, peers, hash: undefined }, 'more')
    const bytes = middle((figure) => figure.bytes / figure.rows)
    return [
      rate(
        'record: encode, decode',
        middle(({ rows, encode, decode }) => rows / (encode + decode)),
      ),
      rate(
        'record: decode',
        middle(({ rows, decode }) => rows / decode),
      ),
      makeRow({ name: 'record', shape, unit: 'bytes/event', ours: bytes, peers: {}, hash: undefined }, 'less'),
    ]
  })
}

interface Figures {
  rows: number
  parsed: number
  bytes: number
  /** ms. */
  parse: number
  encode: number
  decode: number
}

function pass(bodies: readonly Buffer[], rowsEach: number): Figures {
  const figures: Figures = { rows: 0, parsed: 0, bytes: 0, parse: 0, encode: 0, decode: 0 }
  const waiting: RecordRow[][] = Array.from({ length: partitions }, () => [])
  for (const body of bodies) {
    const text = body.toString('utf8')
    let parsed: unknown[] = []
    figures.parse += timed(() => {
      parsed = JSON.parse(text)
    })
    figures.parsed += parsed.length
    for (const event of eventsOf(body)) {
      const h = placementHash(event.project, event.distinctId, event.insertId)
      const rows = waiting[h >>> 29]
      if (rows.push({ event, h, position: position(base, h, 16) }) === rowsEach) measure(rows.splice(0), figures)
    }
  }
  return figures
}

function measure(rows: RecordRow[], figures: Figures): void {
  rows.sort((a, b) => a.position - b.position)
  let bytes = new Uint8Array(0)
  let decoded = 0
  figures.encode += timed(() => {
    bytes = encodeRecord({ generation: 1, partition: 0, rows }) as Uint8Array<ArrayBuffer>
  })
  figures.decode += timed(() => {
    for (const block of openRecord(bytes, 'record').blocks) decoded += decodeBlock(block).rows
  })
  if (decoded !== rows.length) throw new Error(`${decoded} rows decoded of ${rows.length}`)
  figures.rows += rows.length
  figures.bytes += bytes.length
}

function timed(act: () => void): number {
  const begin = performance.now()
  act()
  return performance.now() - begin
}
