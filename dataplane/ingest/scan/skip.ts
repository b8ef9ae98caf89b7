/**
 * The end of a JSON value that is not read: strings and brackets are followed, nothing else is looked at.
 *
 * What it passes over may be no JSON at all. Whoever skips parses the bytes with `JSON.parse`, or refuses the body.
 */

export interface Skipped {
  /** After the value. */
  readonly end: number
  /** Lists and objects in it. */
  readonly containers: number
}

/** `undefined` when the bytes end before the value does. The value at `at` is a list or an object. */
export function skipContainer(bytes: Uint8Array, at: number): Skipped | undefined {
  let depth = 0
  let containers = 0
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === quote) {
      const end = skipString(bytes, i)
      if (end < 0) return undefined
      i = end - 1
    } else if (byte === openBrace || byte === openBracket) {
      depth++
      containers++
    } else if (byte === closeBrace || byte === closeBracket) {
      if (--depth === 0) return { end: i + 1, containers }
    }
  }
  return undefined
}

/** The end of a string that begins at `at`, after its closing quote; -1 when there is none. */
export function skipString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === quote) return i + 1
    if (byte === backslash) i++
  }
  return -1
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
