/**
 * A stripe with loaded columns. Bytes are here; values are decoded when asked for, by block.
 */
import { bug } from '../../../common/errors/errors.ts'
import { type ColumnRef, readColumn } from './column.ts'
import type { InsertIds, PropertyColumn, Stripe, StripeEntry, StripeWant } from './contract.ts'
import { insertIdText } from './insert-id-text.ts'
import { readInsertIds } from './insert-ids.ts'
import { readMasked } from './masked-rows.ts'
import { readProperty } from './property-column.ts'
import { LoadedProperty } from './property-reader.ts'
import { type RankQuestion, takeByRanks } from './rank-kernels.ts'
import type { Blobs } from './region.ts'
import {
  collectByRuns,
  collectByTokens,
  countByRuns,
  countByTokens,
  decodeRuns,
  type NameRange,
  type UserBits,
  type UserRuns,
} from './run-kernels.ts'
import type { OpenSlice } from './slice.ts'
import { type StrayQuestion, takeWithStrays } from './stray-kernels.ts'
import type { StripeRefs } from './stripe-entry.ts'
import { TimeColumn } from './time-column.ts'
import { type RunColumn, readUserRuns } from './user-runs.ts'

export class LoadedStripe implements Stripe {
  readonly entry: StripeEntry
  readonly rows: number
  /** Blocks decoded by `times` and property columns. */
  blocksRead = 0
  readonly #slice: OpenSlice
  readonly #refs: StripeRefs
  readonly #want: StripeWant
  readonly #blobs: Blobs
  #masked: Uint32Array | undefined
  #runColumn: RunColumn | undefined
  #runs: UserRuns | undefined
  #times: TimeColumn | undefined
  #ids: InsertIds | undefined
  #eventIndex: Uint32Array | undefined
  readonly #properties = new Map<string, PropertyColumn>()

  constructor(slice: OpenSlice, refs: StripeRefs, want: StripeWant, blobs: Blobs) {
    this.entry = refs
    this.rows = refs.rows
    this.#slice = slice
    this.#refs = refs
    this.#want = want
    this.#blobs = blobs
  }

  get masked(): Uint32Array | undefined {
    const { masked, rows, maskedRows } = this.#refs
    if (masked === undefined) return undefined
    this.#masked ??= readColumn(this.#slice.region, masked, this.#blobs, (head, body) => {
      return readMasked(head, body, rows, maskedRows)
    })
    return this.#masked
  }

  get userRuns(): UserRuns {
    this.#runs ??= decodeRuns(this.#runsAsStored(), this.#slice.arena)
    return this.#runs
  }

  countRows({ first, last }: NameRange, passing: Uint8Array | undefined, out: Float64Array): void {
    const { eventEnds } = this.entry
    if (passing !== undefined) {
      const column = this.#runsAsStored()
      if (column.tokenBytes === 1) countByTokens(column, { first, last }, passing, out)
      else for (let i = first; i < last; i++) out[i]! += countByRuns(column, this.userRuns, { name: i, passing })
      return
    }
    for (let i = first; i < last; i++) out[i]! += eventEnds[i]! - (i === 0 ? 0 : eventEnds[i - 1]!)
    const { maskedRows } = this.#refs
    if (maskedRows > 0 && eventEnds.length === 1) out[0]! -= maskedRows
    else if (this.masked !== undefined) subtractMasked(this.masked, { eventEnds, first, last }, out)
  }

  collectUsers(name: number, into: UserBits): number {
    const column = this.#runsAsStored()
    if (column.tokenBytes === 1) return collectByTokens(column, name, into)
    return collectByRuns(column, this.userRuns, { ...into, name })
  }

  takeWithStrays(name: number, question: Pick<StrayQuestion, 'passing' | 'strays' | 'into'>): number {
    const start = name === 0 ? 0 : this.entry.eventEnds[name - 1]!
    return takeWithStrays(this.#runsAsStored(), { ...question, name, start })
  }

  takeByRanks(name: number, question: Pick<RankQuestion, 'passing' | 'ranks' | 'into'>): number {
    const start = name === 0 ? 0 : this.entry.eventEnds[name - 1]!
    return takeByRanks(this.#runsAsStored(), { ...question, name, start })
  }

  get eventIndex(): Uint32Array {
    if (this.#eventIndex === undefined) {
      this.#eventIndex = new Uint32Array(this.rows)
      this.entry.eventEnds.forEach((end, i) => {
        this.#eventIndex!.fill(i, i === 0 ? 0 : this.entry.eventEnds[i - 1], end)
      })
    }
    return this.#eventIndex
  }

  get timeBlocks() {
    return this.#time().blocks
  }

  times(start: number, end: number, out: Float64Array): void {
    this.blocksRead += Math.ceil((end - start) / 1024)
    this.#time().decode(start, end, out)
  }

  /** Adds to `blocksRead`. */
  count(blocks: number): void {
    this.blocksRead += blocks
  }

  get object(): string {
    return this.#slice.region.object
  }

  insertId(row: number): string {
    return insertIdText(this.insertIds(), row)
  }

  insertIds(): InsertIds {
    if (this.#ids === undefined) {
      const { insertIds } = this.#refs
      this.#ids = readColumn(this.#slice.region, insertIds, this.#have(insertIds, 'insertIds'), (head, body) =>
        readInsertIds(head, body, this.rows),
      )
    }
    return this.#ids
  }

  property(name: string): PropertyColumn | undefined {
    const known = this.#properties.get(name)
    if (known !== undefined) return known
    const shared = this.#slice.properties.get(name)
    const column = shared === undefined ? undefined : this.#refs.property(shared.index)
    if (shared === undefined || column === undefined) return undefined
    if (!(this.#want.properties ?? []).includes(name)) bug(`property ${name} was not wanted`)
    const form = readColumn(this.#slice.region, column, this.#blobs, (head, body) =>
      readProperty(head, body, this.rows),
    )
    const loaded = new LoadedProperty(this, form, this.#slice.shared(shared))
    this.#properties.set(name, loaded)
    return loaded
  }

  #runsAsStored(): RunColumn {
    if (this.#runColumn === undefined) {
      const { users } = this.#refs
      this.#runColumn = readColumn(this.#slice.region, users, this.#have(users, 'users'), (head, body) =>
        readUserRuns(head, body, {
          rows: this.rows,
          names: this.entry.events.length,
          sliceUsers: this.#slice.users,
          arena: this.#slice.arena,
        }),
      )
    }
    return this.#runColumn
  }

  #time(): TimeColumn {
    if (this.#times === undefined) {
      const { times } = this.#refs
      const facts = { rows: this.rows, start: this.#slice.start, min: this.entry.minTime, max: this.entry.maxTime }
      this.#times = readColumn(this.#slice.region, times, this.#have(times, 'times'), (head, body) =>
        TimeColumn.read(head, body, facts),
      )
    }
    return this.#times
  }

  #have(ref: ColumnRef, what: string): Blobs {
    if (ref.blob >= 0 && !this.#blobs.has(ref.blob)) bug(`${what} of the stripe were not wanted`)
    return this.#blobs
  }
}

/** Takes the rows that are set in `masked` off the counts of their names. */
function subtractMasked(
  masked: Uint32Array,
  { eventEnds, first, last }: NameRange & { readonly eventEnds: Uint32Array },
  out: Float64Array,
): void {
  let name = 0
  for (let w = 0; w < masked.length; w++) {
    for (let word = masked[w]!; word !== 0; word &= word - 1) {
      const row = 32 * w + 31 - Math.clz32(word & -word)
      while (eventEnds[name]! <= row) name++
      if (name >= first && name < last) out[name]!--
    }
  }
}
