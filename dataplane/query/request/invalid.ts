/** The one way to refuse a query document: which path, what was there, what is wanted, what to do. */
import { UserError } from '../../../common/errors/errors.ts'

/** Longest piece of the document that an error repeats. */
const shownMax = 80

/** Always throws `UserError` `QUERY_INVALID`. `got` is the offending piece of the document. */
export function invalid(path: string, got: unknown, want: string): never {
  throw new UserError('QUERY_INVALID', `${path === '' ? 'the query' : path}: got ${shown(got)}, want ${want}`, {
    field: path,
  })
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    text = undefined
  }
  if (text === undefined) return `a ${typeof value}`
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}

/** `a.b[3].c` from `a.b`, `[3]`, `c`. */
export function pathOf(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  return parent === '' ? key : `${parent}.${key}`
}

export type Document = Readonly<Record<string, unknown>>

/** A plain object whose keys are all among `keys`; refuses anything else. */
export function strictObject(raw: unknown, path: string, keys: readonly string[]): Document {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) invalid(path, raw, 'an object')
  for (const key of Object.keys(raw)) {
    if (!keys.includes(key))
      invalid(pathOf(path, key), (raw as Document)[key], `no such field; known are ${keys.join(', ')}`)
  }
  return raw as Document
}
