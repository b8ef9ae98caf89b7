/**
 * The other direction of `pack.ts`, made for speed: scans spend their time here.
 *
 * Widths that divide 32 have loops of their own; the rest goes through one loop with two words in hand.
 */

/** What lies packed: `width` bits a value from word `at` of `words`. */
export interface Packed {
  readonly words: Uint32Array
  readonly at: number
  readonly width: number
  /** Added to each value. */
  readonly base: number
}

/** Decodes values `[from, from + count)` of `packed` into `out[outAt ..]`. */
export function unpackBits(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { width, base } = packed
  if (width === 0) out.fill(base, outAt, outAt + count)
  else if (width === 32) unpackWhole(packed, from, count, out, outAt)
  else if ((width & (width - 1)) === 0) unpackAligned(packed, from, count, out, outAt)
  else unpackAny(packed, from, count, out, outAt)
}

function unpackWhole(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { words, at, base } = packed
  const first = at + from
  for (let i = 0; i < count; i++) out[outAt + i] = words[first + i] + base
}

/** Width 1, 2, 4, 8 or 16: no value spans two words. */
function unpackAligned(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { words, at, width, base } = packed
  const mask = (1 << width) - 1
  const end = outAt + count
  let word = at + Math.floor((from * width) / 32)
  let bit = (from * width) & 31
  let i = outAt
  while (i < end) {
    let value = words[word++] >>> bit
    const stop = Math.min(end, i + (32 - bit) / width)
    for (; i < stop; i++) {
      out[i] = (value & mask) + base
      value >>>= width
    }
    bit = 0
  }
}

function unpackAny(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { words, at, width, base } = packed
  const mask = 0xffffffff >>> (32 - width)
  let word = at + Math.floor((from * width) / 32)
  let bit = (from * width) & 31
  const end = outAt + count
  let low = words[word]
  for (let i = outAt; i < end; i++) {
    let value = low >>> bit
    bit += width
    if (bit >= 32) {
      bit -= 32
      low = words[++word]
      // Shifting by 32 would be no shift at all, so an exact end adds nothing by itself.
      if (bit > 0) value |= low << (width - bit)
    }
    out[i] = (value & mask) + base
  }
}
