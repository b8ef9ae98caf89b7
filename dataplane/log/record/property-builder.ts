/**
 * One property of a block while rows are added: a code per row that carries it, a dictionary of its
 * values, numbers aside. The dictionary is per property, so codes are small, and equal strings are
 * found once per block instead of once per row.
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { assert } from '../../../common/errors/errors.ts'
import { writeCanonical } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'
import { writeInts, writeNumbers } from './ints.ts'
import { presentInAll, presentInBitmap, presentInList } from './layout.ts'

const numberCode = 1
const firstValueCode = 2
const scratch = new ByteWriter(1024)

export class PropertyBuilder {
  readonly name: string
  /** The property that came after this one the last time: guessed before any lookup. */
  next: PropertyBuilder | undefined = undefined
  #count = 0
  readonly #blockRows: number
  /** `undefined` while every row so far has carried the property. */
  #rows: Uint32Array | undefined = undefined
  #codes: Uint32Array
  #numbers: Float64Array | undefined = undefined
  #numberCount = 0
  /** Values so far, of any kind. */
  #values = 0
  readonly #texts: string[] = []
  readonly #codeOfText = new Map<string, number>()
  #lastText: string | undefined = undefined
  #lastTextCode = 0
  /** Values that are not strings: index of the value, canonical bytes. */
  readonly #others: { readonly index: number; readonly bytes: Uint8Array }[] = []
  #codeOfOther: Map<string, number> | undefined = undefined

  /** `row`: the first row that carries it; `blockRows`: rows that the block will have. */
  constructor(name: string, row: number, blockRows: number) {
    this.name = name
    this.#blockRows = blockRows
    // A property of the first row is most likely in every row; a later one may be in one row of many.
    this.#codes = new Uint32Array(row === 0 ? blockRows : Math.min(16, blockRows))
    if (row > 0) this.#rows = new Uint32Array(this.#codes.length)
  }

  /** Rows come in ascending order, each once. */
  add(row: number, value: Value): void {
    const at = this.#count++
    if (at === this.#codes.length) this.#grow()
    if (this.#rows !== undefined) this.#rows[at] = row
    else if (at !== row) this.#listRows(at, row)
    if (typeof value === 'string') {
      this.#codes[at] = value === this.#lastText ? this.#lastTextCode : this.#textCode(value)
    } else if (typeof value === 'number') {
      this.#codes[at] = numberCode
      this.#addNumber(value)
    } else {
      this.#codes[at] = this.#otherCode(value)
    }
  }

  /** Writes the property; its strings are appended to `texts`. */
  write(writer: ByteWriter, texts: string[]): void {
    texts.push(this.name)
    writer.varint(this.name.length)
    this.#writePresence(writer)
    writer.varint(this.#texts.length)
    for (const text of this.#texts) {
      writer.varint(text.length)
      texts.push(text)
    }
    writer.varint(this.#others.length)
    for (const { index, bytes } of this.#others) {
      writer.varint(index)
      writer.varint(bytes.length)
      writer.bytes(bytes)
    }
    writeInts(writer, this.#codes, this.#count)
    if (this.#numbers !== undefined) writeNumbers(writer, this.#numbers, this.#numberCount)
  }

  #writePresence(writer: ByteWriter): void {
    const rows = this.#rows
    if (rows === undefined && this.#count === this.#blockRows) {
      writer.u8(presentInAll)
      return
    }
    const list = rows ?? Uint32Array.from({ length: this.#count }, (_, row) => row)
    const listBytes = this.#count * (this.#blockRows <= 0x100 ? 1 : this.#blockRows <= 0x10000 ? 2 : 4)
    if (listBytes <= this.#blockRows / 8) {
      writer.u8(presentInList)
      writer.varint(this.#count)
      writeInts(writer, list, this.#count)
      return
    }
    const bitmap = new Uint8Array(Math.ceil(this.#blockRows / 8))
    for (let i = 0; i < this.#count; i++) bitmap[list[i] >>> 3] |= 1 << (list[i] & 7)
    writer.u8(presentInBitmap)
    writer.bytes(bitmap)
  }

  #textCode(text: string): number {
    let code = this.#codeOfText.get(text)
    if (code === undefined) {
      code = firstValueCode + this.#values++
      this.#codeOfText.set(text, code)
      this.#texts.push(text)
    }
    this.#lastText = text
    this.#lastTextCode = code
    return code
  }

  #addNumber(value: number): void {
    assert(Number.isFinite(value), `property ${this.name}: ${value} is no value: numbers are finite`)
    if (this.#numbers === undefined) this.#numbers = new Float64Array(this.#codes.length)
    if (this.#numberCount === this.#numbers.length) this.#numbers = grown(this.#numbers, this.#codes.length)
    // -0 is stored as 0: adding 0 does it.
    this.#numbers[this.#numberCount++] = value + 0
  }

  #otherCode(value: Exclude<Value, string | number>): number {
    const start = scratch.length
    writeCanonical(value, scratch)
    const bytes = scratch.view().slice(start)
    scratch.length = start
    const key = String.fromCharCode.apply(null, bytes as unknown as number[])
    if (this.#codeOfOther === undefined) this.#codeOfOther = new Map()
    const known = this.#codeOfOther.get(key)
    if (known !== undefined) return known
    const index = this.#values++
    this.#others.push({ index, bytes })
    this.#codeOfOther.set(key, firstValueCode + index)
    return firstValueCode + index
  }

  /** The first gap: from here on row numbers are kept. */
  #listRows(at: number, row: number): void {
    const rows = new Uint32Array(this.#codes.length)
    for (let i = 0; i < at; i++) rows[i] = i
    rows[at] = row
    this.#rows = rows
  }

  #grow(): void {
    const length = Math.min(this.#blockRows, this.#codes.length * 2)
    this.#codes = grown(this.#codes, length)
    if (this.#rows !== undefined) this.#rows = grown(this.#rows, length)
  }
}

function grown<Numbers extends Uint32Array | Float64Array>(values: Numbers, length: number): Numbers {
  const larger = new (values.constructor as new (length: number) => Numbers)(length)
  larger.set(values)
  return larger
}
