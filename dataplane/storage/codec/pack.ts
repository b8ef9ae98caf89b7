/**
 * Bit packing: `count` unsigned integers of `width` bits each, least significant bit first, in 32-bit
 * little-endian words without gaps. 32 values of `width` bits take exactly `width` words.
 *
 *     width 5:  word 0  |v0|v1|v2|v3|v4|v5|v6..   v6 spans words 0 and 1
 *
 * Does not: choose widths (`ints.ts`), or check that a value fits (the writer chose the width from it).
 */

/** Bits that `value` (unsigned, 32 bits) needs: 0 for 0, 32 at most. */
export function bitWidth(value: number): number {
  return 32 - Math.clz32(value)
}

/** Words that `count` values of `width` bits take. */
export function packedWords(count: number, width: number): number {
  return Math.ceil((count * width) / 32)
}

/** Packs `values[from .. from + count)` minus `base` into `words` from word `at`; the words must be zero. */
export function packBits(
  values: Uint32Array,
  range: { readonly from: number; readonly count: number; readonly base: number; readonly width: number },
  words: Uint32Array,
  at: number,
): void {
  const { from, count, base, width } = range
  if (width === 0) return
  let bit = 0
  let word = at
  for (let i = 0; i < count; i++) {
    const value = (values[from + i] - base) >>> 0
    words[word] |= value << bit
    bit += width
    if (bit >= 32) {
      bit -= 32
      word++
      // The part that did not fit; nothing when the value ended at the word's edge.
      if (bit > 0) words[word] = value >>> (width - bit)
    }
  }
}
