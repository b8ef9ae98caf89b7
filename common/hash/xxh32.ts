/**
 * xxHash32: the hash of placement (ADR 0002) and of property names (ADR 0005).
 *
 * Method: xxHash fast digest algorithm specification, "XXH32" (Yann Collet); all arithmetic mod 2^32,
 * input read little-endian. Does not: promise resistance to chosen keys.
 */

const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

/** Hash of `bytes[start, end)` with an unsigned 32-bit `seed`; an unsigned 32-bit result. */
export function xxh32(bytes: Uint8Array, seed: number, start = 0, end: number = bytes.length): number {
  let at = start
  let hash: number
  if (end - start >= 16) {
    let a = (seed + prime1 + prime2) | 0
    let b = (seed + prime2) | 0
    let c = seed | 0
    let d = (seed - prime1) | 0
    const last = end - 16
    for (; at <= last; at += 16) {
      a = round(a, word(bytes, at))
      b = round(b, word(bytes, at + 4))
      c = round(c, word(bytes, at + 8))
      d = round(d, word(bytes, at + 12))
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  } else {
    hash = (seed + prime5) | 0
  }
  hash = (hash + (end - start)) | 0
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(word(bytes, at), prime3)) | 0, 17), prime4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate((hash + Math.imul(bytes[at], prime5)) | 0, 11), prime1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

let scratch = new Uint8Array(1024)
const encoder = new TextEncoder()

/**
 * `xxh32` of the UTF-8 bytes of `text`, without allocating. ASCII is copied by hand, which is several
 * times faster than the encoder for keys of the length of an id. A lone surrogate hashes as U+FFFD:
 * validation keeps them out.
 */
export function xxh32String(text: string, seed: number): number {
  const length = text.length
  if (length * 3 > scratch.length) scratch = new Uint8Array(length * 4)
  const buffer = scratch
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return xxh32(buffer, seed, 0, encoder.encodeInto(text, buffer).written)
    buffer[i] = code
  }
  return xxh32(buffer, seed, 0, length)
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, prime2)) | 0, 13), prime1)
}
