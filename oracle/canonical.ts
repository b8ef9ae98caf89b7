/**
 * Types, equality and order of JSON values (ADR 0004), written as *binary strings*: one character per byte, so that
 * `===` is equality and `<` is the order of unsigned bytes.
 */
import type { Json } from './event.ts'

export type TypeName = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object'

export function typeName(value: Json): TypeName {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value as TypeName
}

/** UTF-8 bytes of a text as a binary string. */
export function utf8(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** -1, 0 or 1 by unsigned UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  return compareBinary(utf8(a), utf8(b))
}

export function compareBinary(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The canonical bytes of a value. */
export function canonical(value: Json): string {
  switch (typeName(value)) {
    case 'null':
      return '\x00'
    case 'boolean':
      return value ? '\x02' : '\x01'
    case 'number':
      return `\x03${ordered(value as number)}`
    case 'string':
      return `\x04${utf8(value as string)}`
    case 'list':
      return `\x05${(value as readonly Json[]).map((item) => sized(canonical(item))).join('')}`
    case 'object':
      return `\x06${Object.entries(value as object)
        .map(([key, item]) => [utf8(key), canonical(item)] as const)
        .sort((a, b) => compareBinary(a[0], b[0]))
        .map(([key, item]) => sized(key) + sized(item))
        .join('')}`
  }
}

export function same(a: Json, b: Json): boolean {
  return canonical(a) === canonical(b)
}

/** The double as 8 bytes whose order is the order of numbers. */
function ordered(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value === 0 ? 0 : value)
  const negative = (bytes[0] & 0x80) !== 0
  for (let i = 0; i < 8; i++) bytes[i] ^= negative ? 0xff : i === 0 ? 0x80 : 0
  return bytes.toString('latin1')
}

/** LEB128 length, then the bytes. */
function sized(bytes: string): string {
  let head = ''
  let rest = bytes.length
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) head += String.fromCharCode((rest % 128) | 0x80)
  return head + String.fromCharCode(rest) + bytes
}
