/**
 * The first copies of one (project, UTC day) that are still in the tail, for the exact comparison of a
 * row with them, without a read (DED-1).
 *
 * Columns of identity by row number, and a hash table from the 64-bit key to the row. Masked rows are
 * not kept: they equal a first copy that is.
 *
 * Does not: know rows that were cut. `dropCut` forgets them once their segment can be asked.
 */
import { escapeForm } from '../schema/insert-id.ts'
import type { InsertIds } from '../storage/segment/contract.ts'
import { escapedText, sameInsertId } from '../storage/segment/insert-id-text.ts'
import type { IdentityColumns } from './key.ts'

export class TailKeys {
  #size = 0
  #capacity = 0
  #users = new Names()
  #events = new Names()
  #key = new Uint32Array(0)
  #user = new Uint32Array(0)
  #event = new Uint32Array(0)
  /** Number of the log record that each row came from, as the shard counts them. */
  #record = new Uint32Array(0)
  #ids = { bytes: new Uint8Array(0), form: new Uint8Array(0), escapes: new Map<number, string>() }
  /** Columns whose tables `#users` and `#events` translate now. */
  #translated: IdentityColumns | undefined
  /** Row + 1 by slot, 0 = empty; linear probing, at most half full. */
  #table = new Int32Array(16)

  get size(): number {
    return this.#size
  }

  /** True when a first copy of the row is here. `word0` and `word1` are its key. */
  has(columns: IdentityColumns, row: number, { word0, word1 }: Key): boolean {
    const mask = this.#table.length - 1
    for (let slot = word1 & mask; this.#table[slot] !== 0; slot = (slot + 1) & mask) {
      const at = this.#table[slot]! - 1
      if (this.#key[2 * at] !== word0 || this.#key[2 * at + 1] !== word1) continue
      if (
        this.#users.text(this.#user[at]!) === columns.userIds[columns.user[row]!] &&
        this.#events.text(this.#event[at]!) === columns.eventNames[columns.event[row]!] &&
        sameInsertId(this.#ids, at, columns.insertIds, row)
      ) {
        return true
      }
    }
    return false
  }

  add(columns: IdentityColumns, row: number, { word0, word1, record }: Key & { record: number }): void {
    this.#translate(columns)
    const user = this.#users.numberOf(columns.user[row]!)
    const event = this.#events.numberOf(columns.event[row]!)
    this.#push({ word0, word1, user, event, record, ids: columns.insertIds, idRow: row })
  }

  /** Lets go of the columns of the last row that was added: they are a whole block of the log. */
  release(): void {
    this.#translated = undefined
    this.#users.translate([])
    this.#events.translate([])
  }

  /** Forgets the rows of records for which `isCut` is true. Costs a pass over what is kept. */
  dropCut(isCut: (record: number) => boolean): void {
    const kept = new TailKeys()
    for (let at = 0; at < this.#size; at++) {
      const record = this.#record[at]!
      if (isCut(record)) continue
      const user = kept.#users.number(this.#users.text(this.#user[at]!))
      const event = kept.#events.number(this.#events.text(this.#event[at]!))
      const [word0, word1] = [this.#key[2 * at]!, this.#key[2 * at + 1]!]
      kept.#push({ word0, word1, user, event, record, ids: this.#ids, idRow: at })
    }
    this.#size = kept.#size
    this.#capacity = kept.#capacity
    this.#users = kept.#users
    this.#events = kept.#events
    this.#key = kept.#key
    this.#user = kept.#user
    this.#event = kept.#event
    this.#record = kept.#record
    this.#ids = kept.#ids
    this.#table = kept.#table
    this.#translated = undefined
  }

  /** Rows of one block come one after another: its tables are looked up once. */
  #translate(columns: IdentityColumns): void {
    if (this.#translated === columns) return
    this.#translated = columns
    this.#users.translate(columns.userIds)
    this.#events.translate(columns.eventNames)
  }

  #push(row: Row): void {
    if (this.#size === this.#capacity) this.#grow()
    const at = this.#size++
    this.#key[2 * at] = row.word0
    this.#key[2 * at + 1] = row.word1
    this.#user[at] = row.user
    this.#event[at] = row.event
    this.#record[at] = row.record
    const form = row.ids.form[row.idRow]!
    this.#ids.form[at] = form
    if (form === escapeForm) this.#ids.escapes.set(at, escapedText(row.ids, row.idRow))
    else for (let i = 0; i < 16; i++) this.#ids.bytes[16 * at + i] = row.ids.bytes[16 * row.idRow + i]!
    if (2 * this.#size > this.#table.length) this.#rehash()
    else this.#insert(at)
  }

  #insert(at: number): void {
    const mask = this.#table.length - 1
    let slot = this.#key[2 * at + 1]! & mask
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask
    this.#table[slot] = at + 1
  }

  #rehash(): void {
    this.#table = new Int32Array(2 * this.#table.length)
    for (let at = 0; at < this.#size; at++) this.#insert(at)
  }

  #grow(): void {
    this.#capacity = Math.max(16, 2 * this.#capacity)
    this.#key = grown(this.#key, new Uint32Array(2 * this.#capacity))
    this.#user = grown(this.#user, new Uint32Array(this.#capacity))
    this.#event = grown(this.#event, new Uint32Array(this.#capacity))
    this.#record = grown(this.#record, new Uint32Array(this.#capacity))
    this.#ids.form = grown(this.#ids.form, new Uint8Array(this.#capacity))
    this.#ids.bytes = grown(this.#ids.bytes, new Uint8Array(16 * this.#capacity))
  }
}

/** The 64-bit dedupe key. */
export interface Key {
  readonly word0: number
  readonly word1: number
}

interface Row extends Key {
  readonly user: number
  readonly event: number
  readonly record: number
  readonly ids: InsertIds
  readonly idRow: number
}

/** Texts by number and numbers by text. */
class Names {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  #table: readonly string[] = []
  /** Number by index of the table, -1 where it was not asked yet. */
  #translation = new Int32Array(0)

  /** From now on `numberOf` is about this table. */
  translate(table: readonly string[]): void {
    this.#table = table
    this.#translation = new Int32Array(table.length).fill(-1)
  }

  numberOf(index: number): number {
    const known = this.#translation[index]!
    if (known !== -1) return known
    const number = this.number(this.#table[index]!)
    this.#translation[index] = number
    return number
  }

  number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    // A string cut from a record keeps the whole record's text alive for as long as this one lives.
    const copy = Buffer.from(text).toString()
    this.#numbers.set(copy, this.#texts.length)
    return this.#texts.push(copy) - 1
  }

  text(number: number): string {
    return this.#texts[number]!
  }
}

function grown<Column extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  before: Column,
  after: Column,
): Column {
  after.set(before)
  return after
}
