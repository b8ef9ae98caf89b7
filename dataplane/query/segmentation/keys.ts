/**
 * Keys of a breakdown: each distinct value (or missing) of one reference gets a number, so that
 * grouping compares integers.
 *
 * Memory is bounded by what a pass looks at: a partition of the values, or a closed set of them.
 */
import { xxh32 } from '../../../common/hash/xxh32.ts'
import { canonicalBytes } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'

/** Number of the missing value. */
export const missingKey = 0
/** Instead of a key: the value is none of this pass. */
const noKey = -2

/** Of the values, a pass looks only at those whose hash says `index`. `count` is a power of two. */
export interface KeyPartition {
  readonly index: number
  readonly count: number
}

const wholeKeys: KeyPartition = { index: 0, count: 1 }

export class KeyTable {
  /** No value is added any more: others are `noKey`. */
  closed = false
  readonly #values: (Value | undefined)[] = [undefined]
  readonly #strings = new Map<string, number>()
  readonly #numbers = new Map<number, number>()
  /** Values of other types, by canonical bytes. */
  readonly #others = new Map<string, number>()
  readonly #partition: KeyPartition

  constructor(partition: KeyPartition = wholeKeys) {
    this.#partition = partition
  }

  get size(): number {
    return this.#values.length
  }

  /** Number of a value, or `noKey`. */
  keyOf(value: Value | undefined): number {
    if (value === undefined) return this.#partition.index === 0 ? missingKey : noKey
    if (typeof value === 'string') return this.#strings.get(value) ?? this.#add(this.#strings, value, value)
    if (typeof value === 'number') return this.#numbers.get(value) ?? this.#add(this.#numbers, value, value)
    const bytes = byteText(value)
    return this.#others.get(bytes) ?? this.#add(this.#others, bytes, value)
  }

  valueOf(key: number): Value | undefined {
    return this.#values[key]
  }

  #add<Form>(map: Map<Form, number>, form: Form, value: Value): number {
    const { index, count } = this.#partition
    if (this.closed || (count > 1 && (xxh32(canonicalBytes(value), 0) & (count - 1)) !== index)) return noKey
    const key = this.#values.length
    this.#values.push(value)
    map.set(form, key)
    return key
  }
}

/** Canonical bytes as a string with one unit per byte: equal if and only if the values are, in the order of the bytes. */
export function byteText(value: Value): string {
  const bytes = canonicalBytes(value)
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}
