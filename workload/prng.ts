/**
 * The workload's only source of chance: xoshiro128** (Blackman and Vigna, 2018), drawn in blocks.
 *
 * Everything is integer or IEEE-exact arithmetic, so a seed gives the same numbers on every machine.
 * Does not: give entropy. It is for data, never for ids that must not be guessed.
 */

const blockWords = 4096

/** Bijective 32-bit mixer (the finaliser of MurmurHash3, public domain): a counter becomes a well spread word. */
export function mix32(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

export class Prng {
  private readonly state: Uint32Array
  private readonly block = new Uint32Array(blockWords)
  private used = blockWords

  constructor(seed: number) {
    this.state = Uint32Array.from([1, 2, 3, 4], (lane) => mix32(Math.imul(seed, 0x9e3779b1) + lane))
  }

  /** An integer in 0 .. 2^32 - 1. */
  word(): number {
    if (this.used === blockWords) this.refill()
    return this.block[this.used++]
  }

  /** A double in [0, 1) with 32 random bits. */
  unit(): number {
    return this.word() / 4294967296
  }

  /** An integer in 0 .. n - 1, for n up to 2^20 (the bias is below 2^-12). */
  below(n: number): number {
    return Math.floor((this.word() / 4294967296) * n)
  }

  private refill(): void {
    const { state, block } = this
    let [a, b, c, d] = state
    for (let i = 0; i < blockWords; i++) {
      const x = Math.imul(b, 5)
      block[i] = Math.imul((x << 7) | (x >>> 25), 9)
      const t = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= t
      d = (d << 11) | (d >>> 21)
    }
    state[0] = a
    state[1] = b
    state[2] = c
    state[3] = d
    this.used = 0
  }
}
