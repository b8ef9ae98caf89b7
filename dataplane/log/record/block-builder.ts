/** The rows of one project on their way into a block: columns with tables, then the bytes that `layout.ts` draws. */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { assert } from '../../../common/errors/errors.ts'
import type { Event } from '../../schema/event.ts'
import { escapeForm, packInsertId } from '../../schema/insert-id.ts'
import { writeInts, writeNumbers } from './ints.ts'
import { PropertyBuilder } from './property-builder.ts'

export class BlockBuilder {
  readonly #rows: number
  #count = 0
  readonly #eventNames: string[] = []
  readonly #codeOfEvent = new Map<string, number>()
  readonly #event: Uint32Array
  readonly #userIds: string[] = []
  readonly #userHashes: number[] = []
  readonly #codeOfUser = new Map<string, number>()
  readonly #codeOfHash = new Map<number, number>()
  readonly #user: Uint32Array
  #lastUserId: string | undefined = undefined
  readonly #time: Float64Array
  readonly #insertIdBytes: Uint8Array
  #insertIdCount = 0
  readonly #insertIdForm: Uint32Array
  readonly #insertIdEscapes: string[] = []
  readonly #properties: PropertyBuilder[] = []
  readonly #propertyOfName = new Map<string, PropertyBuilder>()
  #firstProperty: PropertyBuilder | undefined = undefined

  /** `rows`: how many will be added. */
  constructor(rows: number) {
    this.#rows = rows
    this.#event = new Uint32Array(rows)
    this.#user = new Uint32Array(rows)
    this.#time = new Float64Array(rows)
    this.#insertIdForm = new Uint32Array(rows)
    this.#insertIdBytes = new Uint8Array(rows * 16)
  }

  add(event: Event, h: number): void {
    const row = this.#count++
    this.#event[row] = this.#eventCode(event.event)
    this.#user[row] = this.#userCode(event.distinctId, h, row)
    assert(Number.isSafeInteger(event.time), `time ${event.time} is no integer`)
    this.#time[row] = event.time
    const form = packInsertId(event.insertId, this.#insertIdBytes, this.#insertIdCount * 16)
    this.#insertIdForm[row] = form
    if (form === escapeForm) this.#insertIdEscapes.push(event.insertId)
    else this.#insertIdCount++
    this.#addProperties(event, row)
  }

  /** The raw block. All rows must have been added. */
  finish(): Uint8Array {
    const writer = new ByteWriter(256 + this.#rows * 160)
    const texts: string[] = []
    writer.u32(0)
    writeTexts(writer, this.#eventNames, texts)
    writeTexts(writer, this.#userIds, texts)
    for (const h of this.#userHashes) writer.u32(h)
    writeInts(writer, this.#event, this.#rows)
    writeInts(writer, this.#user, this.#rows)
    writeNumbers(writer, this.#time, this.#rows)
    writeInts(writer, this.#insertIdForm, this.#rows)
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

  #eventCode(name: string): number {
    let code = this.#codeOfEvent.get(name)
    if (code === undefined) {
      code = this.#eventNames.length
      this.#codeOfEvent.set(name, code)
      this.#eventNames.push(name)
    }
    return code
  }

  /** A user is one id; rows without a user are told apart by their hash, which comes from the insert id (ADR 0002). */
  #userCode(id: string, h: number, row: number): number {
    if (id === this.#lastUserId && id !== '') return this.#user[row - 1]
    this.#lastUserId = id
    let code = id === '' ? this.#codeOfHash.get(h) : this.#codeOfUser.get(id)
    if (code === undefined) {
      code = this.#userIds.length
      this.#userIds.push(id)
      this.#userHashes.push(h)
      if (id === '') this.#codeOfHash.set(h, code)
      else this.#codeOfUser.set(id, code)
    }
    assert(
      this.#userHashes[code] === h,
      `user ${JSON.stringify(id)} has two hashes: ${this.#userHashes[code]} and ${h}`,
    )
    return code
  }

  #addProperties({ properties }: Event, row: number): void {
    let guess = this.#firstProperty
    let before: PropertyBuilder | undefined
    for (const name in properties) {
      const property = guess !== undefined && guess.name === name ? guess : this.#find(name, row, before)
      property.add(row, properties[name])
      before = property
      guess = property.next
    }
  }

  #find(name: string, row: number, before: PropertyBuilder | undefined): PropertyBuilder {
    let property = this.#propertyOfName.get(name)
    if (property === undefined) {
      property = new PropertyBuilder(name, row, this.#rows)
      this.#propertyOfName.set(name, property)
      this.#properties.push(property)
    }
    if (before === undefined) this.#firstProperty = property
    else before.next = property
    return property
  }
}

function writeTexts(writer: ByteWriter, list: readonly string[], texts: string[]): void {
  writer.varint(list.length)
  for (const text of list) {
    writer.varint(text.length)
    texts.push(text)
  }
}
