/**
 * The one order of names and ids: unsigned UTF-8 bytes (ADR 0002), and of byte strings.
 */

/**
 * Compares two strings as their UTF-8 bytes compare, without encoding them: < 0, 0 or > 0.
 *
 * That is the order of code points, which differs from the order of UTF-16 units in one place: a
 * surrogate (half of a code point above U+FFFF) must come after U+E000..U+FFFF. Both strings must be
 * well-formed, which validation guarantees.
 */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left !== right) return left < 0xd800 || right < 0xd800 ? left - right : rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Moves the surrogates (0xd800..0xdfff) above the rest of the basic plane (0xe000..0xffff). */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Compares byte strings as unsigned bytes, a prefix first: < 0, 0 or > 0. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i]
  }
  return a.length - b.length
}
