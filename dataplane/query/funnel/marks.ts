/**
 * The marks of a pass (see `chain.ts`): collected as rows come, then sorted by user and time.
 *
 * Rows come stripe by stripe, each in order of users, so users are brought together by a counting
 * sort; within a user a few ascending runs are left, which are sorted as plain doubles.
 */

import type { QueryMemory } from '../memory.ts'

/** A user has mostly few marks, and these nearly in order. */
const insertionMax = 48

export class Marks {
  /** More marks than the pass may hold; it is then done again over fewer users. */
  tooMany = false
  /** Some event matches several steps. */
  overlapping = false
  count = 0
  /** Marks that there would be with those that found no room. */
  wanted = 0
  /** Position of the user less the first position of the pass, per mark. */
  #users: Uint32Array<ArrayBuffer>
  #marks: Float64Array<ArrayBuffer>
  readonly #max: number
  readonly #memory: QueryMemory

  constructor(max: number, memory: QueryMemory) {
    this.#max = max
    this.#memory = memory
    this.#users = memory.u32(4096)
    this.#marks = memory.f64(4096)
  }

  /** Makes room for `more` marks; false when there is none. */
  reserve(more: number): boolean {
    const wanted = this.count + more
    this.wanted = wanted
    if (wanted > this.#max) {
      this.tooMany = true
      return false
    }
    if (wanted <= this.#marks.length) return true
    const length = Math.min(this.#max, Math.max(wanted, this.#marks.length * 2))
    const users = this.#memory.u32(length)
    const marks = this.#memory.f64(length)
    users.set(this.#users)
    marks.set(this.#marks)
    this.release()
    this.#users = users
    this.#marks = marks
    return true
  }

  /** Adds a mark; room was reserved. */
  push(user: number, mark: number): void {
    this.#users[this.count] = user
    this.#marks[this.count++] = mark
  }

  /** The marks are not used any more; what `sorted` gave is apart. */
  release(): void {
    this.#memory.give(this.#users)
    this.#memory.give(this.#marks)
  }

  /** Marks by user: those of user `u` are `marks[ends[u - 1] ?? 0 .. ends[u])`, ascending. */
  sorted(users: number): { marks: Float64Array<ArrayBuffer>; ends: Uint32Array<ArrayBuffer> } {
    const ends = this.#memory.u32(users + 1).fill(0)
    for (let i = 0; i < this.count; i++) ends[this.#users[i]! + 1] = ends[this.#users[i]! + 1]! + 1
    for (let user = 0; user < users; user++) ends[user + 1] = ends[user + 1]! + ends[user]!
    // `ends[u]` is now where user u begins; filling moves it to where the user ends.
    const marks = this.#memory.f64(this.count)
    for (let i = 0; i < this.count; i++) {
      const user = this.#users[i]!
      marks[ends[user]!] = this.#marks[i]!
      ends[user] = ends[user]! + 1
    }
    let start = 0
    for (let user = 0; user < users; user++) {
      const end = ends[user]!
      if (end - start <= insertionMax) insertionSort(marks, start, end)
      else marks.subarray(start, end).sort()
      start = end
    }
    return { marks, ends }
  }
}

function insertionSort(marks: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const mark = marks[i]!
    let at = i
    for (; at > start && marks[at - 1]! > mark; at--) marks[at] = marks[at - 1]!
    marks[at] = mark
  }
}
