/**
 * The set of dedupe keys that were seen in one (project, UTC day): says "new" for certain, and "seen" with
 * a false-positive rate of n / 2^64 for n keys, far below the 1e-5 that was aimed at, since it keeps the
 * whole 64 bits. Only "seen" costs an exact comparison.
 *
 * Layout: open addressing with linear probing, two words a slot, at most 5/8 full, doubling; 12.8 to
 * 25.6 bytes a key. An empty slot is (0, 0); the key (0, 0) has a flag of its own.
 *
 * Does not: remove keys. A key stays for as long as its event can be sent again.
 */
export class DayFilter {
  #slots: Uint32Array
  #mask: number
  #used = 0
  #hasZero = false

  /** Room for `keys` keys before it grows. */
  constructor(keys = 0) {
    let slots = 16
    while (slots * 5 < keys * 8) slots *= 2
    this.#slots = new Uint32Array(2 * slots)
    this.#mask = slots - 1
  }

  /** Number of different keys. */
  get size(): number {
    return this.#used + (this.#hasZero ? 1 : 0)
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  has(word0: number, word1: number): boolean {
    if (word0 === 0 && word1 === 0) return this.#hasZero
    const at = 2 * this.#find(word0, word1)
    return this.#slots[at] === word0 && this.#slots[at + 1] === word1
  }

  /** True when the key was not there before. */
  add(word0: number, word1: number): boolean {
    if (word0 === 0 && word1 === 0) {
      const isNew = !this.#hasZero
      this.#hasZero = true
      return isNew
    }
    const at = 2 * this.#find(word0, word1)
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return false
    this.#slots[at] = word0
    this.#slots[at + 1] = word1
    if (++this.#used * 8 > (this.#mask + 1) * 5) this.#grow()
    return true
  }

  /** The slot that holds the key, or the empty one where it belongs. */
  #find(word0: number, word1: number): number {
    const slots = this.#slots
    // The words are hashes already; the second one chooses the slot.
    let slot = word1 & this.#mask
    for (;;) {
      const a = slots[2 * slot]!
      const b = slots[2 * slot + 1]!
      if ((a === word0 && b === word1) || (a === 0 && b === 0)) return slot
      slot = (slot + 1) & this.#mask
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(2 * before.length)
    this.#mask = before.length - 1
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] === 0 && before[at + 1] === 0) continue
      const to = 2 * this.#find(before[at]!, before[at + 1]!)
      this.#slots[to] = before[at]!
      this.#slots[to + 1] = before[at + 1]!
    }
  }
}
