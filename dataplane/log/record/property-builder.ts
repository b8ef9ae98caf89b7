/**
 * One property of a block while rows are added: a code per row that carries it, a dictionary of its
 * values, numbers aside. The dictionary is per property, so codes are small, and equal strings are
 * found once per block instead of once per row.
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { bug } from '../../../common/errors/errors.ts'
import { writeCanonical } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'
import { writeInts, writeNumbers } from './ints.ts'
import { presentInAll, presentInBitmap, presentInList } from './layout.ts'
import { TextCodes, writeTexts } from './text-codes.ts'

const numberCode = 1
const firstValueCode = 2
const scratch = new ByteWriter(1024)

export class PropertyBuilder {
  readonly name: string
  /** The property that came after this one the last time: guessed before any lookup. */
  next: PropertyBuilder | undefined = undefined
  /** The block that it was begun for, and its place among the properties of it; see `BlockBuilder`. */
  block = 0
  place = 0
  #count = 0
  #blockRows = 0
  /** Row numbers are kept from the first gap on. */
  #dense = true
  #rows = new Uint32Array(0)
  #codes = new Uint32Array(16)
  #numbers = new Float64Array(0)
  #numberCount = 0
  readonly #texts = new TextCodes()
  /** Code by the number of the text; texts and others share one numbering. */
  #codeOfText = new Uint32Array(16)
  #textCount = 0
  /** Values that are not strings: index of the value, canonical bytes. */
  #others: { readonly index: number; readonly bytes: Uint8Array }[] = []
  readonly #codeOfOther = new Map<string, number>()
  /** Codes of true and false once they have one: a boolean in every row must not cost a lookup each. */
  #trueCode = 0
  #falseCode = 0

  constructor(name: string) {
    this.name = name
  }

  /** Starts a block of `blockRows` rows, of which it will get those that carry it. */
  begin(block: number, blockRows: number): void {
    this.block = block
    this.#blockRows = blockRows
    this.#count = 0
    this.#dense = true
    this.#numberCount = 0
    this.#textCount = 0
    this.#texts.begin()
    this.#trueCode = 0
    this.#falseCode = 0
    if (this.#others.length === 0) return
    this.#others = []
    this.#codeOfOther.clear()
  }

  /** Rows come in ascending order, each once. */
  add(row: number, value: Value): void {
    if (typeof value === 'number') this.addNumber(row, value)
    else this.addCode(row, this.code(value))
  }

  /** The code of a value in this block. */
  code(value: Exclude<Value, number>): number {
    if (typeof value === 'string') return this.#textCode(value)
    return typeof value === 'boolean' ? this.#booleanCode(value) : this.#otherCode(value)
  }

  addNumber(row: number, value: number): void {
    this.addCode(row, numberCode)
    this.#addNumber(value)
  }

  /** As `add`, for a value whose code was asked for. */
  addCode(row: number, code: number): void {
    const at = this.#count++
    if (at === this.#codes.length) this.#codes = grown(this.#codes, this.#blockRows)
    if (at !== row) this.#listRow(at, row)
    this.#codes[at] = code
  }

  /** Writes the property; its strings are appended to `texts`. */
  write(writer: ByteWriter, texts: string[]): void {
    texts.push(this.name)
    writer.varint(this.name.length)
    this.#writePresence(writer)
    writeTexts(writer, this.#texts.texts, texts)
    writer.varint(this.#others.length)
    for (const { index, bytes } of this.#others) {
      writer.varint(index)
      writer.varint(bytes.length)
      writer.bytes(bytes)
    }
    writeInts(writer, this.#codes, this.#count)
    writeNumbers(writer, this.#numbers, this.#numberCount)
  }

  #writePresence(writer: ByteWriter): void {
    if (this.#dense && this.#count === this.#blockRows) {
      writer.u8(presentInAll)
      return
    }
    const rows = this.#dense ? Uint32Array.from({ length: this.#count }, (_, row) => row) : this.#rows
    const listBytes = this.#count * (this.#blockRows <= 0x100 ? 1 : this.#blockRows <= 0x10000 ? 2 : 4)
    if (listBytes <= this.#blockRows / 8) {
      writer.u8(presentInList)
      writer.varint(this.#count)
      writeInts(writer, rows, this.#count)
      return
    }
    const bitmap = new Uint8Array(Math.ceil(this.#blockRows / 8))
    for (let i = 0; i < this.#count; i++) bitmap[rows[i] >>> 3] |= 1 << (rows[i] & 7)
    writer.u8(presentInBitmap)
    writer.bytes(bitmap)
  }

  #textCode(text: string): number {
    const number = this.#texts.code(text)
    if (number < this.#textCount) return this.#codeOfText[number]
    const code = firstValueCode + number + this.#others.length
    if (number === this.#codeOfText.length) this.#codeOfText = grown(this.#codeOfText, number * 2)
    this.#codeOfText[number] = code
    this.#textCount = number + 1
    return code
  }

  #addNumber(value: number): void {
    if (!Number.isFinite(value)) bug(`property ${this.name}: ${value} is no value: numbers are finite`)
    const at = this.#numberCount++
    if (at === this.#numbers.length) this.#numbers = grown(this.#numbers, this.#blockRows)
    // -0 is stored as 0: adding 0 does it.
    this.#numbers[at] = value + 0
  }

  #booleanCode(value: boolean): number {
    if (value) {
      if (this.#trueCode === 0) this.#trueCode = this.#otherCode(true)
      return this.#trueCode
    }
    if (this.#falseCode === 0) this.#falseCode = this.#otherCode(false)
    return this.#falseCode
  }

  #otherCode(value: Exclude<Value, string | number>): number {
    const start = scratch.length
    writeCanonical(value, scratch)
    const bytes = scratch.view().slice(start)
    scratch.length = start
    const key = String.fromCharCode.apply(null, bytes as unknown as number[])
    const known = this.#codeOfOther.get(key)
    if (known !== undefined) return known
    const index = this.#texts.texts.length + this.#others.length
    this.#others.push({ index, bytes })
    this.#codeOfOther.set(key, firstValueCode + index)
    return firstValueCode + index
  }

  #listRow(at: number, row: number): void {
    if (this.#rows.length < this.#codes.length) this.#rows = resized(this.#rows, this.#codes.length)
    if (this.#dense) for (let i = 0; i < at; i++) this.#rows[i] = i
    this.#dense = false
    this.#rows[at] = row
  }
}

/** Twice as long, but no longer than `lengthMax`; a property of one row in many must not hold memory for all. */
function grown<Numbers extends Uint32Array | Float64Array>(values: Numbers, lengthMax: number): Numbers {
  return resized(values, Math.min(Math.max(16, values.length * 2), Math.max(values.length + 1, lengthMax)))
}

function resized<Numbers extends Uint32Array | Float64Array>(values: Numbers, length: number): Numbers {
  const larger = new (values.constructor as new (length: number) => Numbers)(length)
  larger.set(values)
  return larger
}
