/**
 * UTF-8 by hand for short ASCII, by the platform for the rest: ids, names and most values are short,
 * and the call into the platform costs more than they do.
 */
import { Buffer } from 'node:buffer'

/** Longest text that is written, and read, by hand. */
const writeByHandMax = 24
const readByHandMax = 8

/**
 * The platform's own codec, called on plain `Uint8Array`s. Going through `TextDecoder` or through a
 * `Buffer` made for the call doubles the cost of a short string.
 */
const { utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string
  utf8Write(this: Uint8Array, text: string, at: number, bytesMax: number): number
}
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes that the UTF-8 form of `text` takes, at most. */
export function utf8BytesMax(text: string): number {
  return text.length * 3
}

/**
 * Writes the UTF-8 bytes of `text` at `at` and returns how many. `out` must have room for
 * `utf8BytesMax(text)`. A lone surrogate becomes U+FFFD: validation keeps them out.
 */
export function writeUtf8(text: string, out: Uint8Array, at: number): number {
  const length = text.length
  if (length > writeByHandMax) return utf8Write.call(out, text, at, length * 3)
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return utf8Write.call(out, text, at, length * 3)
    out[at + i] = unit
  }
  return length
}

/** The text of `bytes[start, end)`, or `undefined` where they are not valid UTF-8. A byte order mark is kept. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= readByHandMax) {
    let text = ''
    let at = start
    for (; at < end && bytes[at] < 0x80; at++) text += String.fromCharCode(bytes[at])
    if (at === end) return text
  }
  const text = utf8Slice.call(bytes, start, end)
  // The fast decoder puts U+FFFD where it cannot read; only then is the strict one worth asking.
  return text.includes('\ufffd') ? strict(bytes.subarray(start, end)) : text
}

function strict(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return undefined
  }
}
