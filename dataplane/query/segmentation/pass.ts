/**
 * One pass of a segmentation over the parts of a shard: finds group and bucket of the rows that are
 * taken and hands them to the cells, in the cheapest form that the part allows.
 */

import { blockRows } from '../../storage/segment/contract.ts'
import { needsOf } from '../filter/reference.ts'
import type { SegmentationRequest } from '../request/request.ts'
import { RowBatch } from '../rows/batch.ts'
import { byEvent, type Part } from '../rows/part.ts'
import { canMark, countRows, markUsers, SelectedRuns } from '../rows/runs.ts'
import type { Rows, Selection, Selector } from '../rows/select.ts'
import type { JoinedFrame } from '../scan/frames.ts'
import { bucketOf } from '../time/buckets.ts'
import { ByName } from './by-name.ts'
import type { Cells } from './cells.ts'
import { type KeyColumn, KeyColumns, NumberColumns } from './columns.ts'
import type { Groups } from './groups.ts'
import { missingKey } from './keys.ts'

export interface PassOptions {
  readonly request: SegmentationRequest
  readonly rows: Rows
  readonly selector: Selector
  readonly groups: Groups
  /** `undefined`: only the events of groups are counted, by `counts`. */
  readonly cells: Cells
}

export class SegmentationPass {
  readonly #options: PassOptions
  readonly #columns: readonly KeyColumns[]
  /** A breakdown or the measure looks at event names. */
  readonly #namesMatter: boolean
  readonly #numbers: NumberColumns | undefined
  readonly #byName: ByName | undefined
  readonly #runs = new SelectedRuns()
  readonly #batch = new RowBatch()
  readonly #keys = [new Int32Array(blockRows), new Int32Array(blockRows)] as const
  readonly #groupOfRow = new Int32Array(blockRows)
  readonly #bucketOfRow = new Int32Array(blockRows)
  readonly #values = new Float64Array(blockRows)
  #groupOfRun = new Int32Array(1024)

  constructor(options: PassOptions) {
    const { request, groups, selector } = options
    this.#options = options
    const measured = 'reference' in request.measure ? [request.measure.reference] : []
    this.#namesMatter = needsOf([...request.breakdown, ...measured]).names
    this.#columns = request.breakdown.map(
      (reference, i) => new KeyColumns(reference, groups.keys[i]!, selector.scratch),
    )
    const { measure } = request
    if (ByName.answers(request)) this.#byName = new ByName({ ...options, columns: this.#columns })
    this.#numbers = 'reference' in measure ? new NumberColumns(measure.reference, selector.scratch) : undefined
  }

  /** The pass cannot be completed: more groups, or wider bitmaps, than it may hold. */
  get stopped(): boolean {
    return this.#options.groups.overflowed || this.#options.cells.tooWide
  }

  add(part: Part, frame: JoinedFrame): void {
    const { selector, rows } = this.#options
    const byName = this.#byName
    const bucket = byName?.mayTake(part) ? this.#bucketOf(part) : undefined
    const selection = selector.select(part, rows, bucket !== undefined)
    if (selection === undefined) return
    if (bucket !== undefined && byName?.takes(part, selection)) {
      byName.add(part, selection, { frame, bucket })
      selector.done(selection)
      return
    }
    const parts = this.#namesMatter ? byEvent(part) : [part]
    for (const each of parts) this.#addSelected(each, selection, frame)
    selector.done(selection)
  }

  #addSelected(part: Part, selection: Selection, frame: JoinedFrame): void {
    const columns = this.#columns.map((column) => column.of(part))
    const bucket = this.#bucketOf(part)
    const byRow = this.#numbers !== undefined || bucket === undefined || columns.some((column) => column.kind === 'row')
    if (!byRow) {
      this.#addRuns(part, selection, { frame, columns, bucket })
      return
    }
    const { selector, cells } = this.#options
    const dense = selector.withoutStrays(part, selection)
    const constant = columns.every((column) => column.kind === 'constant')
    if (this.#numbers === undefined && !cells.countsUsers && constant) this.#addTimes(part, dense, columns)
    else this.#addBatches(part, dense, { frame, columns, bucket })
    if (dense !== selection) selector.done(dense)
  }

  /** The one bucket of the part's rows that are in the range, or `undefined`. */
  #bucketOf({ stripe: { entry } }: Part): number | undefined {
    const { from, to, buckets } = this.#options.request
    if (buckets.length === 1) return 0
    const first = bucketOf(buckets, Math.max(from, entry.minTime))
    return bucketOf(buckets, Math.min(to - 1, entry.maxTime), first) === first ? first : undefined
  }

  #addRuns(part: Part, selection: Selection, { frame, columns, bucket }: Place & { bucket: number }): void {
    const { cells } = this.#options
    const constant = constantKeys(columns)
    if (constant !== undefined && (!cells.countsUsers || (canMark(part, selection) && !frame.userless))) {
      this.#addWhole(part, selection, { frame, keys: constant, bucket })
      return
    }
    const runs = this.#runs
    runs.take(part, selection)
    if (runs.count === 0) return
    const into = { runs, position: frame.position }
    if (constant !== undefined) this.#inGroup(constant, (group) => cells.addRuns(group, bucket, into))
    else cells.addRuns(this.#groupsOfRuns(columns), bucket, into)
  }

  /** All rows in one cell. */
  #addWhole(part: Part, selection: Selection, { frame, keys, bucket }: Whole): void {
    const { groups, cells } = this.#options
    const [first = missingKey, second = missingKey] = keys
    let group = groups.known(first, second)
    let count = 0
    // A group is there only once it has a row.
    if (group < 0 || !cells.countsUsers) {
      count = countRows(part, selection)
      if (count === 0) return
      group = groups.of(first, second)
      if (group < 0) return
    }
    cells.grow(groups.count + 1)
    if (cells.countsUsers) {
      const users = { position: frame.position, bits: cells.bitmap(group, bucket), first: cells.firstPosition }
      count = markUsers(part, selection, users)
    }
    cells.addRows(group, bucket, count)
  }

  #groupsOfRuns(columns: readonly KeyColumn[]): Int32Array {
    const { groups, cells } = this.#options
    const { user, count } = this.#runs
    if (this.#groupOfRun.length < count) this.#groupOfRun = new Int32Array(count * 2)
    const out = this.#groupOfRun
    const [first, second] = columns
    for (let run = 0; run < count; run++) {
      const whose = user[run]!
      out[run] = groups.of(keyOfUser(first, whose), keyOfUser(second, whose))
    }
    cells.grow(groups.count + 1)
    return out
  }

  /** Rows of one group, counted by the bucket of their time. */
  #addTimes(part: Part, selection: Selection, columns: readonly KeyColumn[]): void {
    const counts = new Float64Array(this.#options.request.buckets.length)
    const each = (batch: RowBatch): void => {
      this.#bucketsOf(batch)
      const buckets = this.#bucketOfRow
      for (let i = 0; i < batch.count; i++) counts[buckets[i]!] = counts[buckets[i]!]! + 1
    }
    this.#batch.fill(part, selection, { users: false, times: true, each })
    this.#inGroup(constantKeys(columns)!, (group) => {
      counts.forEach((count, bucket) => {
        if (count > 0) this.#options.cells.addRows(group, bucket, count)
      })
    })
  }

  #addBatches(
    part: Part,
    selection: Selection,
    { frame, columns, bucket }: Place & { bucket: number | undefined },
  ): void {
    const { cells } = this.#options
    const numbers = this.#numbers?.of(part)
    const users = cells.countsUsers || numbers?.byUser === true || columns.some((column) => column.kind === 'user')
    const values = this.#numbers === undefined ? undefined : this.#values
    if (values !== undefined && numbers === undefined) values.fill(Number.NaN)
    const into = {
      groups: this.#groupOfRow,
      buckets: this.#bucketOfRow,
      position: cells.countsUsers ? frame.position : undefined,
      values,
    }
    const each = (batch: RowBatch): void => {
      this.#groupsOf(batch, columns)
      if (bucket === undefined) this.#bucketsOf(batch)
      else this.#bucketOfRow.fill(bucket, 0, batch.count)
      numbers?.read(batch, this.#values)
      cells.addBatch(batch, into)
    }
    this.#batch.fill(part, selection, { users, times: bucket === undefined, each })
  }

  #groupsOf(batch: RowBatch, columns: readonly KeyColumn[]): void {
    const { groups, cells } = this.#options
    const [first, second] = this.#keys
    for (const [i, column] of columns.entries()) {
      const keys = this.#keys[i]!
      if (column.kind === 'row') column.read(batch, keys)
      else if (column.kind === 'constant') keys.fill(column.key, 0, batch.count)
      else for (let row = 0; row < batch.count; row++) keys[row] = column.keyOf(batch.user[row]!)
    }
    const out = this.#groupOfRow
    if (columns.length === 1) for (let row = 0; row < batch.count; row++) out[row] = groups.ofOne(first[row]!)
    else for (let row = 0; row < batch.count; row++) out[row] = groups.of(first[row]!, second[row]!)
    cells.grow(groups.count + 1)
  }

  #bucketsOf(batch: RowBatch): void {
    const { buckets } = this.#options.request
    const out = this.#bucketOfRow
    let low = 1
    let high = 0
    let bucket = 0
    for (let i = 0; i < batch.count; i++) {
      const time = batch.time[i]!
      if (!(time >= low && time < high)) {
        bucket = bucketOf(buckets, time, bucket + 1)
        low = buckets[bucket]!
        high = bucket + 1 < buckets.length ? buckets[bucket + 1]! : Number.POSITIVE_INFINITY
      }
      out[i] = bucket
    }
  }

  #inGroup(keys: readonly number[], add: (group: number) => void): void {
    const { groups, cells } = this.#options
    const group = groups.of(keys[0] ?? missingKey, keys[1] ?? missingKey)
    if (group < 0) return
    cells.grow(groups.count + 1)
    add(group)
  }
}

interface Place {
  readonly frame: JoinedFrame
  readonly columns: readonly KeyColumn[]
}

interface Whole {
  readonly frame: JoinedFrame
  readonly keys: readonly number[]
  readonly bucket: number
}

function constantKeys(columns: readonly KeyColumn[]): readonly number[] | undefined {
  const keys: number[] = []
  for (const column of columns) {
    if (column.kind !== 'constant') return undefined
    keys.push(column.key)
  }
  return keys
}

function keyOfUser(column: KeyColumn | undefined, user: number): number {
  if (column === undefined) return missingKey
  return column.kind === 'constant' ? column.key : column.kind === 'user' ? column.keyOf(user) : missingKey
}
