/**
 * Groups of a segmentation: each combination of keys that has an event gets a number.
 *
 * A pass is bounded in one of two ways. An *open* pass takes groups as they come, up to a bound
 * (perhaps of one partition of the keys, so that other passes take the rest). A *fixed* pass knows
 * its groups and puts every other one together.
 */
import type { Value } from '../../schema/value.ts'
import { type KeyPartition, KeyTable } from './keys.ts'

/** A group's key: a value per reference of the breakdown, `undefined` is missing. */
export type Key = readonly (Value | undefined)[]

/** Instead of a group: the row is in no group of this pass. */
const noGroup = -1

export type GroupOptions = {
  /** 0 to 2. */
  readonly references: number
} & ({ readonly groupsMax: number; readonly partitions?: readonly KeyPartition[] } | { readonly fixed: readonly Key[] })

export class Groups {
  /** Key tables by reference. */
  readonly keys: readonly KeyTable[]
  /** Number of the group of all others in a fixed pass, else `noGroup`. */
  readonly other: number
  /** The open pass met more groups than it may take; what it has is incomplete. */
  overflowed = false
  readonly #groupsMax: number
  /** Keys by group, one per reference. */
  readonly #members: number[] = []
  #count = 0
  /** Group by key, for one reference. */
  #single = new Int32Array(64).fill(noGroup)
  /** Group by first key × 2^26 + second, for two. */
  readonly #pairs = new Map<number, number>()

  constructor(options: GroupOptions) {
    const partitions = 'fixed' in options ? undefined : options.partitions
    this.keys = Array.from({ length: options.references }, (_, i) => new KeyTable(partitions?.[i]))
    this.#groupsMax = 'fixed' in options ? options.fixed.length : options.groupsMax
    // Without a breakdown all events are one group.
    if (options.references === 0) this.#count = 1
    let other = noGroup
    if ('fixed' in options) {
      for (const key of options.fixed) {
        const [first = noGroup, second = noGroup] = this.keys.map((table, i) => table.keyOf(key[i]))
        this.#take(first, second)
      }
      for (const table of this.keys) table.closed = true
      other = this.#count
    }
    this.other = other
  }

  /** Groups so far, without `other`. */
  get count(): number {
    return this.#count
  }

  keyOf(group: number): Key {
    return this.keys.map((table, i) => table.valueOf(this.#members[group * this.keys.length + i]!))
  }

  /** Group of as many keys as there are references; `other` or `noGroup` where it is none of the pass. */
  of(first: number, second: number): number {
    if (this.keys.length === 1) return this.ofOne(first)
    return this.keys.length === 2 ? this.#ofTwo(first, second) : 0
  }

  /** As `of`, but takes no new group: `noGroup` where that would be needed. */
  known(first: number, second: number): number {
    if (this.keys.length === 0) return 0
    if (first < 0 || (this.keys.length === 2 && second < 0)) return this.other
    if (this.keys.length === 2) return this.#pairs.get(first * pairBase + second) ?? this.other
    const group = first < this.#single.length ? this.#single[first]! : noGroup
    return group === noGroup ? this.other : group
  }

  /** Group of the key of the only reference. */
  ofOne(key: number): number {
    if (key < 0) return this.other
    const group = key < this.#single.length ? this.#single[key]! : noGroup
    return group === noGroup ? this.#missed(key, noGroup) : group
  }

  #ofTwo(first: number, second: number): number {
    if (first < 0 || second < 0) return this.other
    return this.#pairs.get(first * pairBase + second) ?? this.#missed(first, second)
  }

  #missed(first: number, second: number): number {
    if (this.other !== noGroup) return this.other
    if (this.#count < this.#groupsMax) return this.#take(first, second)
    this.overflowed = true
    return noGroup
  }

  #take(first: number, second: number): number {
    const group = this.#count++
    this.#members.push(first)
    if (this.keys.length === 2) {
      this.#members.push(second)
      this.#pairs.set(first * pairBase + second, group)
      return group
    }
    if (first >= this.#single.length) {
      const larger = new Int32Array(first * 2).fill(noGroup)
      larger.set(this.#single)
      this.#single = larger
    }
    this.#single[first] = group
    return group
  }
}

/** Keys of a pass are fewer than its groups, or twice them, and those are far below. */
const pairBase = 2 ** 26
