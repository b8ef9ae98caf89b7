/**
 * Typed arrays that grow at the end, for columns whose length is not known yet.
 */

type Typed = Uint8Array | Uint32Array | Float64Array

class Growing<Kind extends Typed> {
  /** Elements in use. */
  length = 0
  items: Kind
  readonly #make: (length: number) => Kind

  constructor(make: (length: number) => Kind, capacity: number) {
    this.#make = make
    this.items = make(capacity)
  }

  /** Room for `count` more; the new elements are zero. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.items.length) return
    const grown = this.#make(Math.max(needed, this.items.length * 2))
    grown.set(this.items)
    this.items = grown
  }

  push(value: number): void {
    if (this.length === this.items.length) this.reserve(1)
    this.items[this.length++] = value
  }

  /** A copy of what is in use. */
  copy(): Kind {
    return this.items.slice(0, this.length) as Kind
  }
}

export class GrowingBytes extends Growing<Uint8Array> {
  constructor(capacity = 64) {
    super((length) => new Uint8Array(length), capacity)
  }
}

export class GrowingU32 extends Growing<Uint32Array> {
  constructor(capacity = 64) {
    super((length) => new Uint32Array(length), capacity)
  }
}

export class GrowingF64 extends Growing<Float64Array> {
  constructor(capacity = 64) {
    super((length) => new Float64Array(length), capacity)
  }
}
