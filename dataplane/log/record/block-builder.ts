/**
 * The rows of one project on their way into a block: columns with tables, then the bytes that
 * `layout.ts` draws. One builder makes one block after the other and keeps tables and memory between them: no more than
 * the blocks made so far had, so whoever holds one replaces it from time to time.
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { assert, bug } from '../../../common/errors/errors.ts'
import type { Event } from '../../schema/event.ts'
import { escapeForm, packInsertId } from '../../schema/insert-id.ts'
import { writeInts, writeNumbers } from './ints.ts'
import { PropertyBuilder } from './property-builder.ts'
import type { EventTape } from './tape.ts'
import { TextCodes, writeTexts } from './text-codes.ts'

/** Counts blocks of all builders, so that a mark that a tape keeps for one is never taken for another's. */
let blocks = 0

export class BlockBuilder {
  /** Number of the block, so that a property knows whether it was begun for this one. */
  #block = 0
  #rows = 0
  #count = 0
  readonly #eventNames = new TextCodes()
  #event = new Uint32Array(0)
  readonly #users = new TextCodes()
  /** Ids and hashes of the block's users; the index is the code. */
  #userIds: string[] = []
  #userHashes: number[] = []
  /** Code of a user by the number of the id, and of rows without a user by hash. */
  #codeOfUser: number[] = []
  readonly #codeOfHash = new Map<number, number>()
  #user = new Uint32Array(0)
  #time = new Float64Array(0)
  #insertIdBytes = new Uint8Array(0)
  #insertIdCount = 0
  #insertIdForm = new Uint32Array(0)
  #insertIdEscapes: string[] = []
  #properties: PropertyBuilder[] = []
  readonly #propertyOfName = new Map<string, PropertyBuilder>()
  #firstProperty: PropertyBuilder | undefined = undefined
  readonly #writer = new ByteWriter(64 * 1024)

  /** Starts a block of exactly `rows` rows. */
  begin(rows: number): void {
    this.#block = ++blocks
    this.#rows = rows
    this.#count = 0
    this.#eventNames.begin()
    this.#users.begin()
    this.#userIds = []
    this.#userHashes = []
    this.#codeOfUser = []
    this.#codeOfHash.clear()
    this.#insertIdCount = 0
    this.#insertIdEscapes = []
    this.#properties = []
    if (this.#event.length >= rows) return
    this.#event = new Uint32Array(rows)
    this.#user = new Uint32Array(rows)
    this.#time = new Float64Array(rows)
    this.#insertIdForm = new Uint32Array(rows)
    this.#insertIdBytes = new Uint8Array(rows * 16)
  }

  add(event: Event, h: number): void {
    const row = this.#count++
    this.#event[row] = this.#eventNames.code(event.event)
    this.#user[row] = this.#userCode(event.distinctId, h)
    if (!Number.isSafeInteger(event.time)) bug(`time ${event.time} is no integer`)
    this.#time[row] = event.time
    const form = packInsertId(event.insertId, this.#insertIdBytes, this.#insertIdCount * 16)
    this.#insertIdForm[row] = form
    if (form === escapeForm) this.#insertIdEscapes.push(event.insertId)
    else this.#insertIdCount++
    this.#addProperties(event, row)
  }

  /** The same for an event of a tape that is not kept whole. */
  addOfTape(tape: EventTape, from: number, h: number): void {
    const row = this.#count++
    const { event, user, time, insertIdBytes, insertIdForms } = tape
    tape.markFor(this.#block)
    this.#event[row] = this.#eventOfTape(tape, event[from])
    this.#user[row] = this.#userOfTape(tape, user[from], h)
    this.#time[row] = time[from]
    const form = insertIdForms[from]
    this.#insertIdForm[row] = form
    if (form === escapeForm) this.#insertIdEscapes.push(tape.escapes.get(from)!)
    else {
      const to = 16 * this.#insertIdCount++
      for (let i = 0; i < 16; i++) this.#insertIdBytes[to + i] = insertIdBytes[16 * from + i]
    }
    this.#addEntries(tape, from, row)
  }

  /** The raw block, valid until the next call. */
  finish(): Uint8Array {
    const rows = this.#rows
    assert(this.#count === rows, `a block of ${rows} rows got ${this.#count}`)
    const writer = this.#writer
    writer.reset()
    const texts: string[] = []
    writer.u32(0)
    writeTexts(writer, this.#eventNames.texts, texts)
    writeTexts(writer, this.#userIds, texts)
    for (const h of this.#userHashes) writer.u32(h)
    writeInts(writer, this.#event, rows)
    writeInts(writer, this.#user, rows)
    writeNumbers(writer, this.#time, rows)
    writeInts(writer, this.#insertIdForm, rows)
    writer.bytes(this.#insertIdBytes, 0, this.#insertIdCount * 16)
    for (const text of this.#insertIdEscapes) {
      writer.varint(text.length)
      texts.push(text)
    }
    writer.varint(this.#properties.length)
    for (const property of this.#properties) property.write(writer, texts)
    writer.patchU32(0, writer.length - 4)
    writer.text(texts.join(''))
    return writer.view()
  }

  /** A user is one id; rows without a user are told apart by their hash, which comes from the insert id (ADR 0002). */
  #userCode(id: string, h: number): number {
    const number = this.#users.code(id)
    let code = id === '' ? this.#codeOfHash.get(h) : this.#codeOfUser[number]
    if (code === undefined) {
      code = this.#userIds.length
      this.#userIds.push(id)
      this.#userHashes.push(h)
      // The place of '' stays empty here, so that the numbers of later ids still fit.
      this.#codeOfUser[number] = code
      if (id === '') this.#codeOfHash.set(h, code)
    }
    if (this.#userHashes[code] !== h) {
      bug(`user ${JSON.stringify(id)} has two hashes: ${this.#userHashes[code]} and ${h}`)
    }
    return code
  }

  #eventOfTape({ values, valueMarks }: EventTape, code: number): number {
    if (valueMarks[code] === 0) valueMarks[code] = 1 + this.#eventNames.code(values[code] as string)
    return valueMarks[code] - 1
  }

  #userOfTape({ values, valueMarks }: EventTape, code: number, h: number): number {
    if (valueMarks[code] !== 0) return valueMarks[code] - 1
    const id = values[code] as string
    const user = this.#userCode(id, h)
    // Events without a user are told apart by their hash.
    if (id !== '') valueMarks[code] = 1 + user
    return user
  }

  #addEntries(tape: EventTape, from: number, row: number): void {
    const { entries, entryEnds, numbers, numberEnds, propertyOf, values, valueMarks } = tape
    const end = entryEnds[from]
    let number = from === 0 ? 0 : numberEnds[from - 1]
    for (let at = from === 0 ? 0 : entryEnds[from - 1]; at < end; at++) {
      const code = entries[at]
      if (code < 0) {
        this.#propertyOfTape(tape, -1 - code).addNumber(row, numbers[number++])
        continue
      }
      const property = this.#propertyOfTape(tape, propertyOf[code])
      if (valueMarks[code] === 0) valueMarks[code] = 1 + property.code(values[code])
      property.addCode(row, valueMarks[code] - 1)
    }
  }

  #propertyOfTape({ names, propertyMarks }: EventTape, index: number): PropertyBuilder {
    const mark = propertyMarks[index]
    if (mark !== 0) return this.#properties[mark - 1]
    const property = this.#begun(this.#named(names[index]))
    propertyMarks[index] = 1 + property.place
    return property
  }

  #addProperties({ properties }: Event, row: number): void {
    let guess = this.#firstProperty
    let before: PropertyBuilder | undefined
    for (const name in properties) {
      const property = guess !== undefined && guess.name === name ? guess : this.#find(name, before)
      this.#begun(property).add(row, properties[name])
      before = property
      guess = property.next
    }
  }

  #begun(property: PropertyBuilder): PropertyBuilder {
    if (property.block !== this.#block) {
      property.begin(this.#block, this.#rows)
      property.place = this.#properties.push(property) - 1
    }
    return property
  }

  #named(name: string): PropertyBuilder {
    let property = this.#propertyOfName.get(name)
    if (property === undefined) {
      property = new PropertyBuilder(name)
      this.#propertyOfName.set(name, property)
    }
    return property
  }

  #find(name: string, before: PropertyBuilder | undefined): PropertyBuilder {
    const property = this.#named(name)
    if (before === undefined) this.#firstProperty = property
    else before.next = property
    return property
  }
}
