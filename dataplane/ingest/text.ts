/**
 * Names and string values: Unicode text, cut after a number of code points.
 *
 * A cut never halves a character, since it counts code points. A string with a lone surrogate has no
 * UTF-8 form, so it could not be hashed, compared or exported as sent (ADR 0002): it is refused.
 */
import { eventLimits } from './limits.ts'
import { refuse } from './refusal.ts'

/** The text as it is stored, or `undefined` when it is no Unicode text: the caller knows the field to name. */
export function cutText(text: string): string | undefined {
  const { textCodePointsMax } = eventLimits
  // No more units than code points allowed: nothing to count, the common case.
  const kept = text.length <= textCodePointsMax ? text : text.slice(0, unitsOf(text, textCodePointsMax))
  return kept.isWellFormed() ? kept : undefined
}

/** True when a name may be what is left of a longer one, so that two names may have become one. */
export function mayBeCut(name: string): boolean {
  return name.length >= eventLimits.textCodePointsMax
}

/** Always throws. */
export function refuseUnicode(field: string): never {
  refuse(field, 'unicode', 'got a string with half of a surrogate pair, want Unicode text; encode it as UTF-8')
}

/** Always throws. */
export function refuseAmbiguous(field: string): never {
  refuse(field, 'ambiguous', `another name has the same first ${eventLimits.textCodePointsMax} characters`)
}

/** How many UTF-16 units the first `codePoints` of the text take. */
export function unitsOf(text: string, codePoints: number): number {
  let at = 0
  for (let count = 0; count < codePoints && at < text.length; count++) {
    at += text.codePointAt(at)! > 0xffff ? 2 : 1
  }
  return at
}
