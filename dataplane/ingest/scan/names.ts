/**
 * Keys of objects in a body, found by their bytes: the one that came after the one before the last time is guessed
 * first, which costs one comparison; else by hash.
 *
 * Keys are ASCII without escapes, so their bytes are their text.
 */
export class ScannedNames {
  readonly names: string[] = []
  #starts = new Uint32Array(64)
  #ends = new Uint32Array(64)
  #next = new Int32Array(64).fill(-1)
  #arena = new Uint8Array(1024)
  #used = 0
  #first = -1
  readonly #numbers = new Map<string, number>()

  /** Number of a name; a new one where it is not known. */
  add(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.names.push(name) - 1
    this.#numbers.set(name, number)
    if (number === this.#starts.length) this.#grow()
    while (this.#used + name.length > this.#arena.length) this.#arena = doubled(this.#arena)
    this.#starts[number] = this.#used
    for (let i = 0; i < name.length; i++) this.#arena[this.#used++] = name.charCodeAt(i)
    this.#ends[number] = this.#used
    return number
  }

  /** The name that is guessed after another (-1: at the start), where the bytes from `at` on are it and a quote; else -1. */
  guess(before: number, bytes: Uint8Array, at: number): number {
    const number = before < 0 ? this.#first : this.#next[before]!
    if (number < 0) return -1
    const end = this.#ends[number]!
    const arena = this.#arena
    let from = at
    for (let i = this.#starts[number]!; i < end; i++) if (bytes[from++] !== arena[i]) return -1
    return bytes[from] === quote ? number : -1
  }

  /** What to guess the next time. */
  learn(before: number, number: number): void {
    if (before < 0) this.#first = number
    else this.#next[before] = number
  }

  /** Bytes of a name. */
  length(number: number): number {
    return this.#ends[number]! - this.#starts[number]!
  }

  #grow(): void {
    this.#starts = doubled(this.#starts)
    this.#ends = doubled(this.#ends)
    const next = new Int32Array(2 * this.#next.length).fill(-1)
    next.set(this.#next)
    this.#next = next
  }
}

const quote = 0x22

function doubled<Column extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(column: Column): Column {
  const larger = new (column.constructor as new (length: number) => Column)(2 * column.length)
  larger.set(column)
  return larger
}
