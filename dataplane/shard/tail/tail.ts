/**
 * The tail: all decided rows that no adopted segment holds, as immutable runs in order of arrival and the
 * newest rows that are still open.
 *
 * Merging keeps the number of runs small: off the serving thread, neighbours only, one merge at a time. A
 * list of runs that a view took is never changed.
 *
 * Does not: decide what is cut, or which rows of a run a view shows.
 */
import type { ShardLimits } from '../../core/limits.ts'
import type { Background } from '../../core/ports.ts'
import { compareDays, type DayOf } from '../../dedupe/segment-copies.ts'
import type { OffsetVector } from '../../schema/event.ts'
import type { RecordTable } from '../records.ts'
import { planMerge } from '../run/merge-policy.ts'
import { joinSpans, partBefore, Run } from '../run/run.ts'
import type { MergeRunsInput, MergeRunsOutput } from '../run/tasks.ts'
import { type DecidedRows, OpenSlices } from './open-slices.ts'

export type TailLimits = Pick<ShardLimits, 'runRowsMax' | 'fullRunRows' | 'runsPerClass'>

export class Tail {
  readonly #open: OpenSlices
  readonly #limits: TailLimits
  #runs: readonly Run[] = []
  #merging = false

  constructor(records: RecordTable, limits: TailLimits) {
    this.#open = new OpenSlices(records)
    this.#limits = limits
  }

  get rows(): number {
    return this.#runs.reduce((rows, run) => rows + run.rows, this.#open.rows)
  }

  /** Lowest record number of its rows. */
  get firstRecord(): number {
    return Math.min(this.#open.firstRecord, ...this.#runs.map(({ firstRecord }) => firstRecord))
  }

  /** True when it made a run. */
  append(of: DayOf, decided: DecidedRows): boolean {
    this.#open.append(of, decided)
    if (this.#open.rows < this.#limits.runRowsMax) return false
    this.seal()
    return true
  }

  /** All rows as runs. */
  seal(): readonly Run[] {
    const run = this.#open.seal()
    if (run !== undefined) this.#runs = [...this.#runs, run]
    return this.#runs
  }

  /** Forgets runs that lie wholly before the vector: a segment has their rows. */
  dropCut(at: OffsetVector): void {
    const isCut = (run: Run) => partBefore(run, at) === 'all'
    for (const run of this.#runs) if (isCut(run)) run.hashes = undefined
    this.#runs = this.#runs.filter((run) => !isCut(run))
  }

  /** Merges runs until none are due. Resolves at once when a merge is under way. */
  async merge(background: Background): Promise<void> {
    if (this.#merging) return
    this.#merging = true
    try {
      for (;;) {
        const plan = planMerge(
          this.#runs.map(({ rows }) => rows),
          this.#limits,
        )
        if (plan === undefined) return
        const inputs = this.#runs.slice(plan.start, plan.end)
        const merged = await mergeInBackground(background, inputs)
        const at = this.#runs.indexOf(inputs[0]!)
        // A cut may have dropped some meanwhile: their rows would stay in memory for nothing, hidden from every view.
        if (at === -1 || inputs.some((run, i) => this.#runs[at + i] !== run)) continue
        this.#runs = this.#runs.toSpliced(at, inputs.length, merged)
      }
    } finally {
      this.#merging = false
    }
  }
}

async function mergeInBackground(background: Background, inputs: readonly Run[]): Promise<Run> {
  const input: MergeRunsInput = { inputs: inputs.map(({ bytes, hashes }) => ({ bytes, hashes })) }
  const { bytes, orders, hashes } = await background.run<MergeRunsOutput>('mergeRuns', input)
  const before = await recordsBySlice(inputs)
  const records = orders.map((order, slice) => Float64Array.from(order, (row) => before[slice]![row]!))
  const span = joinSpans(inputs.map((run) => run.span))
  return new Run({
    bytes,
    records,
    hashes,
    span,
    firstRecord: Math.min(...inputs.map(({ firstRecord }) => firstRecord)),
  })
}

/** Record numbers by slice of the merged segment: the inputs' rows one after the other, in their stored order. */
async function recordsBySlice(inputs: readonly Run[]): Promise<Float64Array[]> {
  const slices = new Map<string, DayOf & { readonly parts: Float64Array[] }>()
  for (const run of inputs) {
    for (const { project, day, index } of (await run.segment()).slices) {
      const key = `${day}/${project}`
      const slice = slices.get(key) ?? { project, day, parts: [] }
      slice.parts.push(run.records[index]!)
      slices.set(key, slice)
    }
  }
  const sorted = [...slices.values()].sort(compareDays)
  return sorted.map(({ parts }) => {
    const joined = new Float64Array(parts.reduce((rows, { length }) => rows + length, 0))
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  })
}
