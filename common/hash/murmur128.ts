/**
 * MurmurHash3 x86 128: the hash of dedupe keys (ADR 0003) and of digest cells (ADR 0005).
 *
 * Method: Austin Appleby's MurmurHash3, the 32-bit variant with a 128-bit result (public domain);
 * chosen because its words are 32 bits wide, which is what plain JavaScript multiplies fast.
 * Does not: promise resistance to chosen keys; whatever is decided by it is compared exactly after.
 */

const multiplier1 = 0x239b961b
const multiplier2 = 0xab0e9789
const multiplier3 = 0x38b34ae5
const multiplier4 = 0xa1e38b93

/**
 * Writes the hash of `bytes[start, end)` as four unsigned 32-bit words, least significant first, to
 * `out[at .. at + 4)`. Allocates nothing. `seed` is an unsigned 32-bit number.
 */
export function murmur128(bytes: Uint8Array, start: number, end: number, seed: number, out: Uint32Array, at = 0): void {
  let h1 = seed | 0
  let h2 = h1
  let h3 = h1
  let h4 = h1
  let position = start
  for (const last = end - 16; position <= last; position += 16) {
    h1 ^= mix(word(bytes, position), multiplier1, 15, multiplier2)
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 ^= mix(word(bytes, position + 4), multiplier2, 16, multiplier3)
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0
    h3 ^= mix(word(bytes, position + 8), multiplier3, 17, multiplier4)
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0
    h4 ^= mix(word(bytes, position + 12), multiplier4, 18, multiplier1)
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0
  }
  // The tail is the last block padded with zeros; a word of zeros mixes to zero.
  const rest = end - position
  if (rest > 12) h4 ^= mix(shortWord(bytes, position + 12, end), multiplier4, 18, multiplier1)
  if (rest > 8) h3 ^= mix(shortWord(bytes, position + 8, end), multiplier3, 17, multiplier4)
  if (rest > 4) h2 ^= mix(shortWord(bytes, position + 4, end), multiplier2, 16, multiplier3)
  if (rest > 0) h1 ^= mix(shortWord(bytes, position, end), multiplier1, 15, multiplier2)

  const length = end - start
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = ((h1 ^ length) + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  out[at] = h1
  out[at + 1] = h2 + h1
  out[at + 2] = h3 + h1
  out[at + 3] = h4 + h1
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

/** Up to four bytes from `at`, little-endian; bytes at and after `end` read as zero. */
function shortWord(bytes: Uint8Array, at: number, end: number): number {
  let value = bytes[at]
  if (at + 1 < end) value |= bytes[at + 1] << 8
  if (at + 2 < end) value |= bytes[at + 2] << 16
  if (at + 3 < end) value |= bytes[at + 3] << 24
  return value
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function mix(value: number, before: number, bits: number, after: number): number {
  return Math.imul(rotate(Math.imul(value, before), bits), after)
}

function finish(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
