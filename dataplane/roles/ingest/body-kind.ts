/**
 * What a body is: JSON, NDJSON or a form.
 *
 * The type that was sent decides where it says something. A form that begins like JSON is JSON (what
 * `curl -d` sends without a header), and so is a body without a type or of plain text (beacons).
 */
import { isUtf8 } from 'node:buffer'
import { UserError } from '../../../common/errors/errors.ts'

export type BodyKind = 'json' | 'lines' | 'form'

const kinds: Readonly<Record<string, BodyKind>> = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
}
const sniffed: ReadonlySet<string> = new Set(['', 'text/plain', 'application/x-www-form-urlencoded'])

/** `text` is asked for where the type says nothing. Throws `UserError` `REQUEST_INVALID` (415). */
export function bodyKind(mediaType: string, text: () => string): BodyKind {
  const named = kinds[mediaType]
  if (named !== undefined) return named
  if (!sniffed.has(mediaType)) {
    const wanted = [...Object.keys(kinds), 'application/x-www-form-urlencoded'].join(', ')
    throw new UserError('REQUEST_INVALID', `Content-Type: got ${mediaType}, want one of ${wanted}`, { status: 415 })
  }
  const first = /^\s*(.)/s.exec(text())?.[1]
  if (first === '[') return 'json'
  return first === '{' ? 'lines' : 'form'
}

/** Throws `UserError` `REQUEST_INVALID`: a decoder that replaces what it cannot read would alter what was sent. */
export function utf8Text(bytes: Buffer): string {
  requireUtf8(bytes)
  return bytes.toString()
}

/** Throws as `utf8Text`. */
export function requireUtf8(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new UserError('REQUEST_INVALID', 'the body is not UTF-8')
}
