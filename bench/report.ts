/**
 * What a benchmark prints: machine, versions and command, then one table; or with `--json` one array.
 *
 * A ratio above 1 means that ours is better than the better of the peers, whichever way the unit runs.
 */
import { cpus, release, totalmem } from 'node:os'

export interface Row {
  readonly name: string
  readonly shape: string
  /** `M events/s`, `bytes/event`, `ms` … */
  readonly unit: string
  readonly ours: number
  /** By name of the peer; empty when measured without. */
  readonly peers: Readonly<Record<string, number>>
  /** `undefined` without peers. */
  readonly ratio: number | undefined
  /** Of the answer that all of them gave; `undefined` where there is none. */
  readonly hash: string | undefined
}

/** Whether more of a unit is better. */
export type Better = 'more' | 'less'

export function makeRow(row: Omit<Row, 'ratio'>, better: Better): Row {
  const others = Object.values(row.peers)
  // What takes nothing has no ratio.
  if (others.length === 0 || row.ours === 0) return { ...row, ratio: undefined }
  return { ...row, ratio: better === 'more' ? row.ours / Math.max(...others) : Math.min(...others) / row.ours }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >>> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** One line: CPU, cores, memory, system, Node. */
export function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpu?.model.trim() ?? process.arch}, ${cpus().length} cores, ${memory} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
}

export interface Report {
  readonly title: string
  /** Lines above the table: the workload, versions, what was asserted. */
  readonly facts: readonly string[]
  readonly rows: readonly Row[]
}

/** The rows alone; what there is none of is null. */
export function asJson(report: Report): string {
  return JSON.stringify(report.rows, (_, value) => value ?? null, 1)
}

export function asText(report: Report, command: string): string {
  const peers = [...new Set(report.rows.flatMap((row) => Object.keys(row.peers)))]
  const head = ['', 'shape', 'ours', ...peers, 'unit', 'ratio', 'hash']
  const body = report.rows.map((row) => [
    row.name,
    row.shape,
    digits(row.ours),
    ...peers.map((peer) => (row.peers[peer] === undefined ? '' : digits(row.peers[peer]))),
    row.unit,
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}x`,
    row.hash ?? '',
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((line) => line[i].length)))
  const numeric = (i: number) => i >= 2 && i < 3 + peers.length
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  return [
    report.title,
    `machine: ${machine()}`,
    `command: ${command}`,
    ...report.facts,
    '',
    line(head),
    ...body.map(line),
    '',
  ].join('\n')
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
