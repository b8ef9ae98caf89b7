/**
 * The order of groups, and the first of many: most events first, then key by key by canonical bytes,
 * missing first. A total order, so that no tie is decided by how the groups came (QRY-1).
 */
import { compareValues } from '../../schema/compare.ts'
import type { Key } from './groups.ts'

export interface Ranked {
  readonly key: Key
  readonly events: number
}

export function compareRank(a: Ranked, b: Ranked): number {
  return b.events - a.events || compareKeys(a.key, b.key)
}

export function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i], b[i]]
    let order: number
    if (left === undefined || right === undefined) order = left === right ? 0 : left === undefined ? -1 : 1
    else order = compareValues(left, right)
    if (order !== 0) return order
  }
  return 0
}

/** The first `limit` of the groups that are added: a heap with the last of them on top. */
export class TopGroups {
  readonly #limit: number
  readonly #heap: Ranked[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(group: Ranked): void {
    const heap = this.#heap
    if (heap.length < this.#limit) {
      heap.push(group)
      this.#up(heap.length - 1)
    } else if (compareRank(group, heap[0]!) < 0) {
      heap[0] = group
      this.#down()
    }
  }

  /** The groups in their order. */
  sorted(): Ranked[] {
    return [...this.#heap].sort(compareRank)
  }

  #up(from: number): void {
    const heap = this.#heap
    const group = heap[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (compareRank(group, heap[parent]!) <= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = group
  }

  #down(): void {
    const heap = this.#heap
    const group = heap[0]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && compareRank(heap[child + 1]!, heap[child]!) > 0) child++
      if (compareRank(heap[child]!, group) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = group
  }
}
