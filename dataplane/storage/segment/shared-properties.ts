/**
 * What the slices of a project share: the dictionary of a property whose values come back on most days,
 * and its code per user where users keep theirs (country, plan).
 *
 * A dictionary per slice would store a 30-day segment's values up to thirty times; worse, a query
 * would decode and filter them thirty times. Values that do not come back (session ids) stay with
 * their slice.
 */
import { bitWidth } from '../codec/pack.ts'
import { firstDictionaryCode, type PropertyRows, type SliceRows } from './contract.ts'
import { ValueInterner } from './interner.ts'
import { type SortedDictionary, sortValues } from './property-dictionary.ts'

export interface SharedProperty {
  readonly name: string
  readonly dictionary: Pick<SortedDictionary, 'strings' | 'order'>
  /** Per slice (where the property occurs): the shared code per code of its rows. */
  readonly recodes: readonly (Uint32Array | undefined)[]
  /** Shared code per ordinal, 0 for users without; `undefined` when users change theirs. */
  readonly perUser: Uint32Array | undefined
}

interface Occurrence {
  readonly slice: number
  readonly property: PropertyRows
}

/** Bytes that a value repeated in another slice takes there after front coding and packing, roughly. */
const repeatedValueBytes = 2
/** Slices after which a property whose values hardly repeat is given up. */
const trialSlices = 4

/** `ordinals`: per slice, of its users; `users`: how many the project has. */
export function shareProperties(
  slices: readonly SliceRows[],
  ordinals: readonly Uint32Array[],
  users: number,
): Map<string, SharedProperty> {
  const shared = new Map<string, SharedProperty>()
  if (slices.length < 2) return shared
  const byName = new Map<string, Occurrence[]>()
  slices.forEach((slice, i) => {
    for (const property of slice.properties) {
      const list = byName.get(property.name) ?? []
      byName.set(property.name, list)
      list.push({ slice: i, property })
    }
  })
  for (const [name, occurrences] of byName) {
    const joined = joinDictionaries(occurrences)
    if (joined === undefined) continue
    const sorted = sortValues(joined.values)
    const recodes = slices.map((_): Uint32Array | undefined => undefined)
    occurrences.forEach(({ slice }, i) => {
      recodes[slice] = joined.codes[i].map((code) => (code < firstDictionaryCode ? code : sorted.recode[code]))
    })
    const perUser = codesPerUser(occurrences, { slices, ordinals, users, recodes })
    shared.set(name, { name, dictionary: sorted, recodes, perUser })
  }
  return shared
}

/**
 * One dictionary for all occurrences, with the joined code of each code (0 where no row has it), when
 * that is smaller than one each.
 */
function joinDictionaries(occurrences: readonly Occurrence[]) {
  if (occurrences.length < 2) return undefined
  const interner = new ValueInterner()
  const codes: Uint32Array[] = []
  let distinct = 0
  for (const { property } of occurrences) {
    const joined = new Uint32Array(property.dictionary.length + firstDictionaryCode)
    joined[1] = 1
    distinct += joinCodes(property, joined, interner)
    codes.push(joined)
    if (codes.length === trialSlices && interner.values.length > 0.7 * distinct) return undefined
  }
  const union = interner.values.length
  const saved = (distinct - union) * repeatedValueBytes
  let wider = 0
  occurrences.forEach(({ property }) => {
    const bits = bitWidth(union) - bitWidth(property.dictionary.length)
    if (bits > 0) wider += (bits * property.codes.length) / 8
  })
  return union > 0 && saved > wider ? { values: interner.values, codes } : undefined
}

/** Gives the codes that rows have a joined code each; how many there were. A loop of its own, or it is compiled for each use. */
function joinCodes({ codes, dictionary }: PropertyRows, joined: Uint32Array, interner: ValueInterner): number {
  let distinct = 0
  for (let entry = 0; entry < codes.length; entry++) {
    const code = codes[entry]
    if (joined[code] !== 0) continue
    distinct++
    joined[code] = firstDictionaryCode + interner.intern(dictionary[code - firstDictionaryCode])
  }
  return distinct
}

/** Entries after which a property that users keep changing is given up. */
const trialEntries = 1 << 15

/** The first code of each user, where nearly all entries have their user's. */
function codesPerUser(
  occurrences: readonly Occurrence[],
  context: {
    readonly slices: readonly SliceRows[]
    readonly ordinals: readonly Uint32Array[]
    readonly users: number
    readonly recodes: readonly (Uint32Array | undefined)[]
  },
): Uint32Array | undefined {
  const first = new Uint32Array(context.users)
  let entries = 0
  let equal = 0
  for (const { slice, property } of occurrences) {
    const { user } = context.slices[slice]
    const ordinalOf = context.ordinals[slice]
    const recode = context.recodes[slice]!
    equal += countEqual(property, { user, ordinalOf, recode }, first)
    entries += property.codes.length
    if (entries > trialEntries && equal < 0.8 * entries) return undefined
  }
  return equal > 0.95 * entries && context.users < entries / 2 ? first : undefined
}

/** Entries with the first code of their user, which is kept where it is not known yet. */
function countEqual(
  { rows, codes }: PropertyRows,
  { user, ordinalOf, recode }: { user: Uint32Array; ordinalOf: Uint32Array; recode: Uint32Array },
  first: Uint32Array,
): number {
  let equal = 0
  for (let entry = 0; entry < codes.length; entry++) {
    const code = recode[codes[entry]]
    const ordinal = ordinalOf[user[rows === undefined ? entry : rows[entry]]]
    if (first[ordinal] === 0) first[ordinal] = code
    if (first[ordinal] === code) equal++
  }
  return equal
}
