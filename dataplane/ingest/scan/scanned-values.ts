/**
 * Codes of the values in a body by their bytes as sent, so that a value that comes again is neither decoded nor
 * validated again.
 *
 * An open hash table that gives up after a few probes: then a value gets another code, which a tape allows. So
 * bytes chosen to collide cost no more than values that are all different.
 */
const probesMax = 16

export class ScannedValues {
  /** Code + 1 by slot, 0 = empty. */
  #slots = new Int32Array(4096)
  #hashes = new Int32Array(1024)
  #starts = new Uint32Array(1024)
  #ends = new Uint32Array(1024)
  #properties = new Int32Array(1024)
  #used = 0

  /** The code of bytes `[start, end)` as a value of a property, or -1. `hash` is of the bytes and the property. */
  find(bytes: Uint8Array, { hash, property, start, end }: ScannedValue): number {
    const mask = this.#slots.length - 1
    let slot = spread(hash) & mask
    for (let probe = 0; probe < probesMax; probe++) {
      const code = this.#slots[slot]! - 1
      if (code < 0) return -1
      if (this.#hashes[code] === hash && this.#properties[code] === property) {
        const offset = start - this.#starts[code]!
        let at = this.#ends[code]! + offset === end ? start : end + 1
        while (at < end && bytes[at] === bytes[at - offset]) at++
        if (at === end) return code
      }
      slot = (slot + 1) & mask
    }
    return -1
  }

  /** Remembers the next code: they are handed out one after the other. */
  add(code: number, { hash, property, start, end }: ScannedValue): void {
    if (code >= this.#hashes.length) this.#growCodes(code)
    this.#hashes[code] = hash
    this.#starts[code] = start
    this.#ends[code] = end
    this.#properties[code] = property
    if (++this.#used * 2 > this.#slots.length) this.#growSlots()
    this.#insert(code)
  }

  #insert(code: number): void {
    const mask = this.#slots.length - 1
    let slot = spread(this.#hashes[code]!) & mask
    for (let probe = 0; probe < probesMax; probe++) {
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = code + 1
        return
      }
      slot = (slot + 1) & mask
    }
  }

  #growSlots(): void {
    const before = this.#slots
    this.#slots = new Int32Array(2 * before.length)
    for (const code of before) if (code > 0) this.#insert(code - 1)
  }

  #growCodes(code: number): void {
    const length = Math.max(code + 1, 2 * this.#hashes.length)
    this.#hashes = resized(this.#hashes, length)
    this.#starts = resized(this.#starts, length)
    this.#ends = resized(this.#ends, length)
    this.#properties = resized(this.#properties, length)
  }
}

export interface ScannedValue {
  hash: number
  property: number
  start: number
  end: number
}

/** The low bits of the hash as it comes depend on the last bytes alone. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15)
}

function resized<Column extends Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
  column: Column,
  length: number,
): Column {
  const larger = new (column.constructor as new (length: number) => Column)(length)
  larger.set(column)
  return larger
}
