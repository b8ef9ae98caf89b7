/**
 * `name=value&…` of a query or a form, unescaped, with a bound on the number of pairs.
 *
 * The first value of a name counts. A `+` is a space, as forms have it; whoever expects base64, where
 * senders leave the `+` unescaped, turns it back.
 */
import { UserError } from '../../common/errors/errors.ts'

const pairsMax = 64

/** Throws `UserError` `REQUEST_INVALID` for escapes that are no UTF-8, and for too many pairs. */
export function parseForm(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  let count = 0
  for (let start = 0; start < text.length; ) {
    const end = indexOrEnd(text, '&', start)
    if (end > start) {
      if (++count > pairsMax) throw new UserError('REQUEST_INVALID', `want at most ${pairsMax} parameters`)
      const equals = Math.min(indexOrEnd(text, '=', start), end)
      const name = unescapeForm(text.slice(start, equals))
      if (!pairs.has(name)) pairs.set(name, unescapeForm(text.slice(Math.min(equals + 1, end), end)))
    }
    start = end + 1
  }
  return pairs
}

function indexOrEnd(text: string, character: string, start: number): number {
  const at = text.indexOf(character, start)
  return at < 0 ? text.length : at
}

function unescapeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new UserError('REQUEST_INVALID', 'a parameter has a % escape that is not UTF-8')
  }
}
