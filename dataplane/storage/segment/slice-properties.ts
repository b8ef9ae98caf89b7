/**
 * The properties of a slice: dictionaries, codes per user, and a column per stripe where one occurs.
 *
 * Does not: place bytes (`encode-slice.ts`), or decide what a project's slices share (`shared-properties.ts`).
 */

import type { ColumnStyle } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { buildColumn, type Column } from './column.ts'
import type { SliceRows } from './contract.ts'
import type { NameTable } from './name-table.ts'
import { choosePerUser } from './per-user.ts'
import { writeProperty } from './property-column.ts'
import { sortDictionary, writeDictionary } from './property-dictionary.ts'
import { spreadProperty } from './property-rows.ts'
import type { SplitSlice } from './stripe-draft.ts'

/** What the project's slices share of a property, as one slice sees it. */
export interface SharedForSlice {
  /** Code in the project's dictionary per code of the slice's rows. */
  readonly recode: Uint32Array
  /** The project's code per slice user. */
  readonly perUser: Uint32Array | undefined
}

/** A property as the slice's head has it. */
export interface SlicePropertyDraft {
  readonly label: string
  /** Rank of its name. */
  readonly name: number
  /** `undefined`: the project's. */
  readonly dictionary: Column | undefined
  /** Of the slice itself. */
  readonly perUser: Column | undefined
  /** Whether stripes refer to the project's codes per user. */
  readonly sharedPerUser: boolean
}

/** Encodes all properties; the columns of stripes go to `split.stripes`. */
export function encodeProperties(
  slice: SliceRows,
  split: SplitSlice,
  context: {
    readonly names: NameTable
    readonly users: number
    readonly style: ColumnStyle
    readonly shared: (name: string) => SharedForSlice | undefined
  },
): SlicePropertyDraft[] {
  const { names, users, style } = context
  const usersOf = split.stripes.map((stripe) => stripe.users)
  const properties = slice.properties.filter((property) => property.codes.length > 0)
  properties.sort((a, b) => names.code(a.name) - names.code(b.name))
  return properties.map((property, index) => {
    const shared = context.shared(property.name)
    const own = shared === undefined ? sortDictionary(property) : undefined
    const present = spreadProperty(property, (shared ?? own)!.recode, split.places)
    const perUser = choosePerUser(present, usersOf, { users, shared: shared?.perUser })
    for (const part of present) {
      const column = buildColumn(style, (sink) => writeProperty(part, usersOf[part.stripe], perUser?.codes, sink))
      split.stripes[part.stripe].properties.push({ index, column, blob: -1 })
    }
    return {
      label: property.name,
      name: names.code(property.name),
      dictionary: own === undefined ? undefined : buildColumn(style, (sink) => writeDictionary(own, sink)),
      perUser: perUser?.shared === false ? buildColumn(style, (sink) => writeInts(perUser.codes, sink)) : undefined,
      sharedPerUser: perUser?.shared === true,
    }
  })
}
