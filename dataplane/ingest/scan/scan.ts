/**
 * One pass over the bytes of an `/import` body: events become rows of a tape without becoming objects first.
 *
 * What `JSON.parse` and `validate` would make of the body is what the tape holds. An event that is not plain (a rule
 * is broken, a name has escapes, a name twice, ...) is parsed and validated as before, by itself. A body that
 * is not plain (no JSON, too many events, lines that are none) is left alone: `undefined`, and whoever called
 * parses it whole.
 *
 * Does not: know credentials, `$ignore` or tokens beyond asking for the latter.
 */
import { readUtf8 } from '../../../common/bytes/utf8.ts'
import { type CodedValue, EventTape, ofEvent, ofUser } from '../../log/record/tape.ts'
import type { Event } from '../../schema/event.ts'
import { escapeForm, packInsertIdBytes } from '../../schema/insert-id.ts'
import { distinctId, insertId } from '../ids.ts'
import { eventLimits } from '../limits.ts'
import { nestedValue } from '../nested.ts'
import { Refusal } from '../refusal.ts'
import { cutText } from '../text.ts'
import { eventTime } from '../time.ts'
import { ScannedNames } from './names.ts'
import { scanNumber } from './scan-number.ts'
import { type ScannedValue, ScannedValues } from './scanned-values.ts'
import { skipContainer, skipString } from './skip.ts'

export interface ScanOptions {
  readonly project: string
  /** ms since 1970. */
  readonly now: number
  /** One event a line instead of a list. */
  readonly lines: boolean
  /** More of either, and the body is left alone. */
  readonly eventsMax: number
  readonly containersMax: number
  /** Whether events may carry the token; asked once for each. */
  readonly acceptsToken: (token: string) => boolean
  /** An event that is not plain, parsed. What it returns takes its place. `index` counts events of the body. */
  readonly parsed: (raw: unknown, index: number) => Event | undefined
}

export interface Scanned {
  readonly tape: EventTape
  /** Events in the body, those that are not on the tape too. */
  readonly events: number
}

/** `bytes` are valid UTF-8. Throws what `parsed` throws. */
export function scanEvents(bytes: Uint8Array, options: ScanOptions): Scanned | undefined {
  const scanner = new Scanner(bytes, options)
  try {
    return scanner.run()
  } catch (thrown) {
    if (thrown === notPlain || thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

/** Thrown where a body, and returned where an event, is not plain. No `Error`: nobody reads its stack. */
const notPlain = {}

/** Names that are no properties, in the order in which a scanner knows them. */
const fields = ['time', 'distinct_id', '$insert_id', 'token', '$ignore'] as const
const [timeField, userField, insertIdField, tokenField, ignoreField] = [0, 1, 2, 3, 4]
/** Pseudo property of tokens. */
const ofToken = -3

/** An event of so many bytes cannot reach `eventBytesMax` in any spelling. */
const plainEventBytesMax = 65_536
/** Nor can a list or an object of more bytes be within `nestedBytesMax`, unless it is spelled with spaces or escapes. */
const plainNestedBytesMax = 4 * eventLimits.nestedBytesMax

class Scanner {
  readonly #bytes: Uint8Array
  readonly #options: ScanOptions
  readonly #tape: EventTape
  readonly #names = new ScannedNames()
  readonly #values = new ScannedValues()
  readonly #number = { value: 0, end: 0 }
  /** The value in work: one object for all, since there are twenty an event. */
  readonly #span: ScannedValue = { hash: 0, property: 0, start: 0, end: 0 }
  /** Row + 1 in which a property was seen last: a name that comes twice means its last value. */
  #seenIn = new Uint32Array(64)
  #at = 0
  #events = 0
  #containers = 0
  /** Of the event in work. */
  #time = 0
  #event = -1
  #user = -1
  #hasTime = false
  #hasInsertId = false

  constructor(bytes: Uint8Array, options: ScanOptions) {
    this.#bytes = bytes
    this.#options = options
    this.#tape = new EventTape(options.project)
    for (const name of fields) this.#tape.names[this.#names.add(name)] = name
  }

  run(): Scanned {
    const { lines } = this.#options
    this.#space(true)
    if (lines) this.#lines()
    else if (this.#bytes[this.#at] === openBracket) this.#list()
    else this.#next()
    this.#space(true)
    if (this.#at !== this.#bytes.length) throw notPlain
    return { tape: this.#tape.seal(), events: this.#events }
  }

  #list(): void {
    this.#at++
    this.#containers++
    this.#space(true)
    if (this.#bytes[this.#at] === closeBracket) {
      this.#at++
      return
    }
    for (;;) {
      this.#space(true)
      this.#next()
      this.#space(true)
      const byte = this.#bytes[this.#at++]
      if (byte === closeBracket) return
      if (byte !== comma) throw notPlain
    }
  }

  #lines(): void {
    while (this.#at < this.#bytes.length) {
      this.#next()
      this.#space(false)
      if (this.#at < this.#bytes.length && this.#bytes[this.#at] !== newline) throw notPlain
      this.#space(true)
    }
  }

  /** One event, plain or not. */
  #next(): void {
    const { eventsMax, containersMax, parsed } = this.#options
    if (this.#bytes[this.#at] !== openBrace || this.#events === eventsMax) throw notPlain
    const start = this.#at
    const index = this.#events++
    if (!this.#plainEvent()) {
      this.#tape.forget()
      const skipped = skipContainer(this.#bytes, start)
      if (skipped === undefined) throw notPlain
      this.#containers += skipped.containers
      if (this.#containers > containersMax) throw notPlain
      const text = readUtf8(this.#bytes, start, skipped.end)
      if (text === undefined || (this.#options.lines && text.includes('\n'))) throw notPlain
      const event = parsed(JSON.parse(text), index)
      if (event !== undefined) this.#tape.addWhole(event)
      this.#at = skipped.end
    }
    if (this.#containers > containersMax) throw notPlain
  }

  /** False when it is not plain: then nothing of it counts. */
  #plainEvent(): boolean {
    const start = this.#at
    const containers = this.#containers
    const entriesBefore = this.#tape.entryCount
    this.#event = -1
    this.#user = -1
    this.#hasTime = false
    this.#hasInsertId = false
    this.#tape.reserveRow()
    let isPlain: boolean
    try {
      isPlain = this.#members()
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      isPlain = false
    }
    isPlain &&= this.#event >= 0 && this.#user >= 0 && this.#hasTime && this.#hasInsertId
    isPlain &&= this.#at - start <= plainEventBytesMax
    isPlain &&= this.#tape.entryCount - entriesBefore <= eventLimits.propertiesMax
    if (!isPlain) {
      this.#containers = containers
      return false
    }
    this.#tape.endEvent({ event: this.#event, user: this.#user, time: this.#time })
    return true
  }

  /** `{ "event": …, "properties": … }`, in either order, each once. */
  #members(): boolean {
    let hasProperties = false
    this.#containers++
    do {
      this.#at++
      this.#space(false)
      const key = this.#member()
      if (key === 'event' && this.#event < 0) {
        if (this.#bytes[this.#at] !== quote) return false
        this.#event = this.#text(ofEvent)
        if (this.#event < 0) return false
      } else if (key === 'properties' && !hasProperties) {
        if (!this.#properties()) return false
        hasProperties = true
      } else return false
      this.#space(false)
    } while (this.#bytes[this.#at] === comma)
    return hasProperties && this.#bytes[this.#at++] === closeBrace
  }

  /** A key of an event and its colon; `undefined` for any that it should not have. */
  #member(): 'event' | 'properties' | undefined {
    const key = this.#is(eventKey) ? 'event' : this.#is(propertiesKey) ? 'properties' : undefined
    if (key === undefined) return undefined
    this.#at += key.length + 2
    return this.#colon() ? key : undefined
  }

  #is(key: Uint8Array): boolean {
    for (let i = 0; i < key.length; i++) if (this.#bytes[this.#at + i] !== key[i]) return false
    return true
  }

  #colon(): boolean {
    if (this.#bytes[this.#at] !== colon) {
      this.#space(false)
      if (this.#bytes[this.#at] !== colon) return false
    }
    this.#at++
    if (this.#bytes[this.#at]! <= space) this.#space(false)
    return true
  }

  #properties(): boolean {
    const bytes = this.#bytes
    const mark = this.#events
    if (bytes[this.#at] !== openBrace) return false
    this.#containers++
    let before = -1
    do {
      this.#at++
      if (bytes[this.#at]! <= space) this.#space(false)
      if (bytes[this.#at] !== quote) return false
      const property = this.#name(before)
      if (property < 0) return false
      if (this.#seenIn[property] === mark) return false
      this.#seenIn[property] = mark
      before = property
      if (!this.#colon()) return false
      if (!(property <= ignoreField ? this.#field(property) : this.#value(property))) return false
      if (bytes[this.#at]! <= space) this.#space(false)
    } while (bytes[this.#at] === comma)
    return bytes[this.#at++] === closeBrace
  }

  /** The property of the key at the cursor, which then is behind it; -1 where the key is not plain. */
  #name(before: number): number {
    const bytes = this.#bytes
    const guessed = this.#names.guess(before, bytes, this.#at + 1)
    if (guessed >= 0) {
      this.#at += this.#names.length(guessed) + 2
      return guessed
    }
    const start = this.#at + 1
    let end = start
    for (let byte = bytes[end]; byte !== quote; byte = bytes[++end]) {
      if (byte === undefined || byte < space || byte > 0x7e || byte === backslash) return -1
    }
    if (end - start >= eventLimits.textCodePointsMax) return -1
    const name = latin1Slice.call(bytes, start, end)
    const property = this.#names.add(name)
    if (property === this.#tape.names.length) this.#tape.names.push(name)
    if (property >= this.#seenIn.length) {
      const larger = new Uint32Array(2 * this.#seenIn.length)
      larger.set(this.#seenIn)
      this.#seenIn = larger
    }
    this.#names.learn(before, property)
    this.#at = end + 1
    return property
  }

  /** A field of the event that stands among the properties. */
  #field(field: number): boolean {
    const bytes = this.#bytes
    if (field === timeField) {
      if (!scanNumber(bytes, this.#at, this.#number)) return false
      this.#time = eventTime(this.#number.value, this.#options.now)
      this.#hasTime = true
      this.#at = this.#number.end
      return true
    }
    if (bytes[this.#at] !== quote || field === ignoreField) return false
    if (field === userField) {
      this.#user = this.#text(ofUser)
      return this.#user >= 0
    }
    if (field === tokenField) return this.#text(ofToken) >= 0
    return field === insertIdField && this.#insertId()
  }

  #insertId(): boolean {
    const bytes = this.#bytes
    const start = this.#at + 1
    const end = skipString(bytes, this.#at) - 1
    if (end < 0 || end - start > eventLimits.insertIdBytesMax) return false
    const { rows, insertIdBytes, insertIdForms, escapes } = this.#tape
    const form = packInsertIdBytes(bytes, { start, end }, insertIdBytes, 16 * rows)
    insertIdForms[rows] = form
    // Escapes, and zeros, which some senders mean as none, are looked at as texts.
    escapes.delete(rows)
    if (form === escapeForm || insertIdBytes[16 * rows] === 0) {
      const text = insertId(latin1Slice.call(bytes, start, end))
      if (form === escapeForm) escapes.set(rows, text)
    }
    this.#hasInsertId = true
    this.#at = end + 1
    return true
  }

  /** A value of a property onto the tape. */
  #value(property: number): boolean {
    const bytes = this.#bytes
    const first = bytes[this.#at]!
    if (first === quote) {
      const code = this.#text(property)
      if (code < 0) return false
      this.#tape.addEntry(code)
      return true
    }
    if (first === minus || (first >= zero && first <= nine)) {
      if (!scanNumber(bytes, this.#at, this.#number) || !Number.isFinite(this.#number.value)) return false
      this.#tape.addNumber(property, this.#number.value)
      this.#at = this.#number.end
      return true
    }
    if (first === openBrace || first === openBracket) return this.#nested(property)
    for (const { text, value } of literals)
      if (this.#is(text)) return this.#coded(property, this.#at + text.length, () => value)
    return false
  }

  #nested(property: number): boolean {
    const start = this.#at
    const skipped = skipContainer(this.#bytes, start)
    if (skipped === undefined || skipped.end - start > plainNestedBytesMax) return false
    this.#containers += skipped.containers
    return this.#coded(property, skipped.end, () => {
      const text = readUtf8(this.#bytes, start, skipped.end)!
      if (this.#options.lines && text.includes('\n')) throw notPlain
      return nestedValue(JSON.parse(text) as object, this.#tape.names[property]!).value as CodedValue
    })
  }

  /** An entry for the bytes from the cursor to `end`; `value` is asked for when they are new. */
  #coded(property: number, end: number, value: () => CodedValue): boolean {
    const start = this.#at
    let hash = property
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ this.#bytes[i]!, hashPrime)
    this.#at = end + 1
    let code = this.#known(hash, property, start)
    if (code < 0) {
      code = this.#tape.addValue(property, value())
      this.#values.add(code, this.#span)
    }
    this.#tape.addEntry(code)
    this.#at = end
    return true
  }

  /** The code of the string at the cursor, which then is behind it; -1 where it is none. Throws a `Refusal`. */
  #text(property: number): number {
    const bytes = this.#bytes
    const start = this.#at + 1
    let end = start
    let hash = property
    let byte = bytes[end]
    while (plainBytes[byte] === 1) {
      hash = Math.imul(hash ^ byte, hashPrime)
      byte = bytes[++end]
    }
    if (byte !== quote) return this.#unusualText(property)
    this.#at = end + 1
    const known = this.#known(hash, property, start)
    return known >= 0 ? known : this.#newText(latin1Slice.call(bytes, start, end))
  }

  /** The code of the string from `start` to the quote before the cursor, or -1. */
  #known(hash: number, property: number, start: number): number {
    const span = this.#span
    span.hash = hash
    span.property = property
    span.start = start
    span.end = this.#at - 1
    return this.#values.find(this.#bytes, span)
  }

  #newText(text: string | undefined): number {
    const code = this.#addText(this.#span.property, text)
    if (code >= 0) this.#values.add(code, this.#span)
    return code
  }

  /** The same for a string with escapes or other than ASCII. */
  #unusualText(property: number): number {
    const bytes = this.#bytes
    const start = this.#at + 1
    const end = skipString(bytes, this.#at) - 1
    if (end < 0) return -1
    let hash = property
    let hasEscapes = false
    for (let i = start; i < end; i++) {
      const byte = bytes[i]
      if (byte < space) return -1
      hasEscapes ||= byte === backslash
      hash = Math.imul(hash ^ byte, hashPrime)
    }
    this.#at = end + 1
    const known = this.#known(hash, property, start)
    if (known >= 0) return known
    const text = readUtf8(bytes, start, end)
    return this.#newText(hasEscapes && text !== undefined ? (JSON.parse(`"${text}"`) as string) : text)
  }

  /** A new code for a string of a property or a field; -1 where it is not plain. Throws a `Refusal`. */
  #addText(property: number, text: string | undefined): number {
    if (text === undefined) return -1
    if (property === ofUser) return this.#tape.addValue(property, distinctId(text))
    if (property === ofToken && !this.#options.acceptsToken(text)) return -1
    if (property === ofEvent && text === '') return -1
    const kept = cutText(text)
    return kept === undefined ? -1 : this.#tape.addValue(property, kept)
  }

  /** Passes whitespace. In lines a newline ends the event, so it is passed only between them (`across`). */
  #space(across: boolean): void {
    const bytes = this.#bytes
    const stopsAt = this.#options.lines && !across ? newline : -1
    for (let byte = bytes[this.#at]; byte !== undefined && byte <= space; byte = bytes[++this.#at]) {
      if (byte === stopsAt || (byte !== space && byte !== tab && byte !== newline && byte !== carriageReturn)) return
    }
  }
}

const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string
}

/** 1 for the bytes of a string that stand for themselves. */
const plainBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
)
/** Of FNV-1a (Fowler, Noll, Vo). */
const hashPrime = 0x01000193
const eventKey = Buffer.from('"event"')
const propertiesKey = Buffer.from('"properties"')
const literals = [
  { text: Buffer.from('true'), value: true },
  { text: Buffer.from('false'), value: false },
  { text: Buffer.from('null'), value: null },
] as const
const tab = 0x09
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const nine = 0x39
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
