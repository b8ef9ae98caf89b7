/**
 * Insert ids in 16 bytes: the forms in which a UUID is written pack and unpack exactly; anything else
 * is an *escape* that its holder keeps as text.
 *
 * The same forms are in log records and segments; a form is never renumbered.
 */

/** Not a UUID: the text is kept elsewhere. */
export const escapeForm = 0
/** `0f8fad5b-d9cb-469f-a165-70867728950e` */
export const dashedLowerForm = 1
/** `0F8FAD5B-D9CB-469F-A165-70867728950E` */
export const dashedUpperForm = 2
/** 32 hex digits without dashes. */
export const plainLowerForm = 3
export const plainUpperForm = 4

/** Value of a hex digit by char code; bit 4 = a lower-case letter, bit 5 = an upper-case letter; 255 = no digit. */
const digits = new Uint8Array(128).fill(255)
for (let i = 0; i < 10; i++) digits[48 + i] = i
for (let i = 10; i < 16; i++) {
  digits[87 + i] = i | 16
  digits[55 + i] = i | 32
}

const noDigit = 128

/**
 * Writes the 16 bytes of `text` at `at` and returns its form; for an escape the bytes are zeros.
 * A UUID without letters takes the lower-case form.
 */
export function packInsertId(text: string, out: Uint8Array, at: number): number {
  const dashed = text.length === 36
  if ((!dashed && text.length !== 32) || (dashed && !hasDashes(text))) return asEscape(out, at)
  let seen = 0
  let from = 0
  for (let i = 0; i < 16; i++) {
    if (dashed && (i === 4 || i === 6 || i === 8 || i === 10)) from++
    const high = digit(text.charCodeAt(from))
    const low = digit(text.charCodeAt(from + 1))
    from += 2
    seen |= high | low
    out[at + i] = ((high & 15) << 4) | (low & 15)
  }
  return formOf(seen, dashed) ?? asEscape(out, at)
}

/** `seen`: the bits of all digits together. */
function formOf(seen: number, dashed: boolean): number | undefined {
  if (seen & noDigit || (seen & 48) === 48) return undefined
  const upper = (seen & 32) !== 0
  if (dashed) return upper ? dashedUpperForm : dashedLowerForm
  return upper ? plainUpperForm : plainLowerForm
}

/** The same for ASCII bytes `[start, end)` of `bytes`. */
export function packInsertIdBytes(
  bytes: Uint8Array,
  { start, end }: { start: number; end: number },
  out: Uint8Array,
  at: number,
): number {
  const dashed = end - start === 36
  if (!dashed && end - start !== 32) return asEscape(out, at)
  if (dashed && !(isDash(bytes[start + 8]) && isDash(bytes[start + 13]))) return asEscape(out, at)
  if (dashed && !(isDash(bytes[start + 18]) && isDash(bytes[start + 23]))) return asEscape(out, at)
  let seen = 0
  let from = start
  for (let i = 0; i < 16; i++) {
    if (dashed && (i === 4 || i === 6 || i === 8 || i === 10)) from++
    const high = digit(bytes[from])
    const low = digit(bytes[from + 1])
    from += 2
    seen |= high | low
    out[at + i] = ((high & 15) << 4) | (low & 15)
  }
  return formOf(seen, dashed) ?? asEscape(out, at)
}

/** The text of 16 bytes in a form other than the escape. */
export function unpackInsertId(bytes: Uint8Array, at: number, form: number): string {
  const text = form === dashedUpperForm || form === plainUpperForm ? upperText : lowerText
  const dash = form === dashedLowerForm || form === dashedUpperForm ? '-' : ''
  return (
    text[bytes[at]] +
    text[bytes[at + 1]] +
    text[bytes[at + 2]] +
    text[bytes[at + 3]] +
    dash +
    text[bytes[at + 4]] +
    text[bytes[at + 5]] +
    dash +
    text[bytes[at + 6]] +
    text[bytes[at + 7]] +
    dash +
    text[bytes[at + 8]] +
    text[bytes[at + 9]] +
    dash +
    text[bytes[at + 10]] +
    text[bytes[at + 11]] +
    text[bytes[at + 12]] +
    text[bytes[at + 13]] +
    text[bytes[at + 14]] +
    text[bytes[at + 15]]
  )
}

const lowerText = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const upperText = lowerText.map((text) => text.toUpperCase())

function digit(unit: number): number {
  return unit < 128 ? digits[unit] : 255
}

function isDash(byte: number): boolean {
  return byte === 45
}

function hasDashes(text: string): boolean {
  return (
    text.charCodeAt(8) === 45 && text.charCodeAt(13) === 45 && text.charCodeAt(18) === 45 && text.charCodeAt(23) === 45
  )
}

function asEscape(out: Uint8Array, at: number): number {
  out.fill(0, at, at + 16)
  return escapeForm
}
