/**
 * Canonical bytes (ADR 0004) of the values of a dictionary: wanted once to hash its cells and once to
 * sort it, so they are kept as long as the dictionary.
 */
import { writeCanonical } from '../../schema/canonical.ts'
import type { Value } from '../../schema/value.ts'
import { type ByteStrings, collectStrings } from '../codec/byte-strings.ts'

const known = new WeakMap<readonly Value[], ByteStrings>()

/** `values` must not change any more. */
export function canonicalStrings(values: readonly Value[]): ByteStrings {
  let strings = known.get(values)
  if (strings === undefined) {
    strings = collectStrings(values.length, (i, out) => writeCanonical(values[i], out))
    known.set(values, strings)
  }
  return strings
}
