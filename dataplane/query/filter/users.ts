/**
 * The part of a filter that depends on the user alone: a property that is constant per user in the
 * slice is decided once per user, so that counting adds up runs of rows and never touches a row.
 */
import type { PropertyColumn } from '../../storage/segment/contract.ts'
import type { Part, SliceFrame } from '../rows/part.ts'
import type { Exceptions } from '../rows/strays.ts'
import { type Filter, holds, type Leaf } from './filter.ts'
import { resolve } from './reference.ts'
import { type CodeTable, codeTable } from './table.ts'

/** 1 per slice user that passes; or the same for all rows; `undefined`: it takes rows to tell. */
export type UserMask = boolean | Uint8Array | undefined

export interface UsersWithExceptions extends Exceptions {
  /** 1 per slice user whose stored value passes. */
  readonly users: Uint8Array
}

export class FilterUsers {
  readonly #tables = new Map<Leaf, WeakMap<object, CodeTable>>()
  readonly #masks = new Map<Leaf, WeakMap<object, Uint8Array>>()

  usersOf(filter: Filter, part: Part): UserMask {
    switch (filter.kind) {
      case 'leaf':
        return this.#leaf(filter, part)
      case 'not':
        return this.#not(filter, part)
      default:
        return this.#combine(filter, part)
    }
  }

  /** The table of a leaf for a column's dictionary; stripes of a slice share both. */
  tableOf(leaf: Leaf, column: PropertyColumn): CodeTable {
    let tables = this.#tables.get(leaf)
    if (tables === undefined) {
      tables = new WeakMap()
      this.#tables.set(leaf, tables)
    }
    let table = tables.get(column.dictionary)
    if (table === undefined) {
      table = codeTable(leaf, column.dictionary)
      tables.set(column.dictionary, table)
    }
    return table
  }

  /** 1 per slice user whose stored code passes. The column is stored per user and needs no numbers. */
  maskOf(leaf: Leaf, codes: Uint32Array, table: CodeTable): Uint8Array {
    let masks = this.#masks.get(leaf)
    if (masks === undefined) {
      masks = new WeakMap()
      this.#masks.set(leaf, masks)
    }
    let mask = masks.get(codes)
    if (mask === undefined) {
      mask = new Uint8Array(codes.length)
      for (let user = 0; user < codes.length; user++) mask[user] = table.pass[codes[user]!]!
      masks.set(codes, mask)
    }
    return mask
  }

  /**
   * A condition on a property that is stored per user, with rows that differ: who passes, and which
   * rows differ. `undefined` when the filter is nothing as simple.
   */
  exceptionsOf(filter: Filter, part: Part): UsersWithExceptions | undefined {
    const negated = filter.kind === 'not'
    const leaf = negated ? filter.part : filter
    if (leaf.kind !== 'leaf' || leaf.reference.kind !== 'property') return undefined
    const column = part.stripe.property(leaf.reference.name)
    if (column?.perUser === undefined) return undefined
    const table = this.tableOf(leaf, column)
    if (column.hasNumbers && table.numbers !== undefined) return undefined
    const { codes, exceptions, exceptionCodes } = column.perUser
    const { pass } = table
    const mask = this.maskOf(leaf, codes, table)
    if (!negated) return { users: mask, rows: exceptions, passes: (i) => (pass[exceptionCodes[i]!] === 1 ? 1 : 0) }
    const users = derive(part.frame, filter, { inputs: [mask], combine: invert })
    return { users, rows: exceptions, passes: (i) => (pass[exceptionCodes[i]!] === 1 ? 0 : 1) }
  }

  #leaf(leaf: Leaf, part: Part): UserMask {
    const { reference } = leaf
    if (reference.kind === 'field') {
      if (reference.field === 'distinct_id') return part.frame.usersWhere(leaf)
      return eventMask(leaf, part)
    }
    const column = part.stripe.property(reference.name)
    if (column === undefined) return false
    const table = this.tableOf(leaf, column)
    const asksNumbers = column.hasNumbers && table.numbers !== undefined
    const numbersPass = column.hasNumbers && table.pass[1] === 1
    if (!table.anyCode && !asksNumbers && !numbersPass) return false
    if (column.onlyNumbers && numbersPass) return true
    if (asksNumbers || column.perUser === undefined || column.perUser.exceptions.length > 0) return undefined
    return this.maskOf(leaf, column.perUser.codes, table)
  }

  #not(filter: Filter & { kind: 'not' }, part: Part): UserMask {
    const users = this.usersOf(filter.part, part)
    if (users === undefined) return undefined
    if (typeof users === 'boolean') return !users
    return derive(part.frame, filter, { inputs: [users], combine: invert })
  }

  #combine(filter: Filter & { kind: 'and' | 'or' }, part: Part): UserMask {
    // `and` is decided by a false part, `or` by a true one.
    const deciding = filter.kind === 'or'
    const inputs: Uint8Array[] = []
    let needsRows = false
    for (const below of filter.parts) {
      const users = this.usersOf(below, part)
      if (users === deciding) return deciding
      if (users === undefined) needsRows = true
      else if (typeof users !== 'boolean') inputs.push(users)
    }
    if (needsRows) return undefined
    if (inputs.length <= 1) return inputs[0] ?? !deciding
    return derive(part.frame, filter, { inputs, combine: filter.kind === 'and' ? allOf : anyOf })
  }
}

/** A condition on the event name: the same for all rows, or it takes rows to tell. */
function eventMask({ reference, condition }: Leaf, { event, stripe }: Part): UserMask {
  if (event !== undefined) return holds(condition, resolve(reference, event))
  const passing = stripe.entry.events.filter((name) => holds(condition, resolve(reference, name))).length
  return passing === 0 ? false : passing === stripe.entry.events.length ? true : undefined
}

interface Derivation {
  readonly inputs: readonly Uint8Array[]
  readonly combine: (inputs: readonly Uint8Array[], out: Uint8Array) => void
}

/** The combined mask of `node`, made once per slice as long as its inputs are the same arrays. */
export function derive(frame: SliceFrame, node: object, { inputs, combine }: Derivation): Uint8Array {
  const known = frame.derived.get(node)
  if (
    known !== undefined &&
    known.inputs.length === inputs.length &&
    known.inputs.every((mask, i) => mask === inputs[i])
  ) {
    return known.users
  }
  const users = new Uint8Array(frame.users)
  combine(inputs, users)
  frame.derived.set(node, { inputs, users })
  return users
}

function invert([mask]: readonly Uint8Array[], out: Uint8Array): void {
  for (let user = 0; user < out.length; user++) out[user] = 1 - mask![user]!
}

export function allOf(masks: readonly Uint8Array[], out: Uint8Array): void {
  out.fill(1)
  for (const mask of masks) {
    for (let user = 0; user < out.length; user++) out[user] = out[user]! & mask[user]!
  }
}

function anyOf(masks: readonly Uint8Array[], out: Uint8Array): void {
  for (const mask of masks) {
    for (let user = 0; user < out.length; user++) out[user] = out[user]! | mask[user]!
  }
}
