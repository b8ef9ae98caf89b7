/**
 * Numbers distinct things in order of first appearance: values of a property, users of a slice.
 */
import { bug } from '../../../common/errors/errors.ts'
import { canonicalBytes } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'

/** Distinct values other than numbers; equal as canonical bytes are (ADR 0004). */
export class ValueInterner {
  readonly values: Value[] = []
  /** Strings, booleans and null are keys by themselves: a map keeps their types apart. */
  readonly #scalars = new Map<Value, number>()
  /** Lists and objects by their canonical bytes as text. */
  #composites: Map<string, number> | undefined

  /** Index of the value in `values`. */
  intern(value: Value): number {
    if (typeof value === 'object' && value !== null) return this.#composite(value)
    const known = this.#scalars.get(value)
    if (known !== undefined) return known
    if (typeof value === 'number') return bug('a number is no dictionary value')
    this.#scalars.set(value, this.values.length)
    return this.values.push(value) - 1
  }

  #composite(value: Value): number {
    this.#composites ??= new Map()
    const key = Buffer.from(canonicalBytes(value)).toString('latin1')
    const known = this.#composites.get(key)
    if (known !== undefined) return known
    this.#composites.set(key, this.values.length)
    return this.values.push(value) - 1
  }
}

/** Distinct users: by id, and rows without one by their hash. */
export class UserInterner {
  readonly hashes: number[] = []
  readonly ids: string[] = []
  readonly #byId = new Map<string, number>()
  readonly #withoutId = new Map<number, number>()

  intern(h: number, id: string): number {
    const known = id === '' ? this.#withoutId.get(h) : this.#byId.get(id)
    if (known !== undefined) {
      if (this.hashes[known] !== h) bug(`user ${id} has hashes ${this.hashes[known]} and ${h}`)
      return known
    }
    const index = this.ids.length
    if (id === '') this.#withoutId.set(h, index)
    else this.#byId.set(id, index)
    this.hashes.push(h)
    this.ids.push(id)
    return index
  }
}
