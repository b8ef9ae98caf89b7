/**
 * Sources of a shard as one query sees them: user tables joined, clips as ordinals, and the frames
 * of their slices.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { Slice, Stripe, UserTable } from '../../storage/segment/contract.ts'
import type { QueryContext } from '../context.ts'
import { holds, type Leaf } from '../filter/filter.ts'
import { resolve } from '../filter/reference.ts'
import type { QueryMemory } from '../memory.ts'
import type { SliceFrame } from '../rows/part.ts'
import { clipOrdinals, type OrdinalRange } from '../users/clip.ts'
import { joinUsers, positionMask } from '../users/join.ts'
import type { SourceView } from '../view.ts'
import type { PlannedSlice } from './plan.ts'

export interface Source {
  readonly index: number
  readonly view: SourceView
  /** Undefined when nothing needs users or ids. */
  readonly table: UserTable | undefined
  /** Position by ordinal; `undefined`: an ordinal is its position (or users are not joined). */
  readonly positions: Uint32Array | undefined
  /** Some rows have no user; known when users are joined. */
  readonly userless: boolean
  /** Ordinals that the shard owns; `undefined`: all. */
  readonly clip: readonly OrdinalRange[] | undefined
  /** Per leaf on `distinct_id`: 1 per ordinal that passes. */
  readonly passing: Map<Leaf, Uint8Array>
}

export interface Sources {
  /** By index in the shard; only those with a planned slice. */
  readonly byIndex: ReadonlyMap<number, Source>
  /** Users of the joined tables; 0 when they were not joined. */
  readonly users: number
}

export interface SourceWants {
  readonly project: string
  /** Users are counted or chained: join the tables. */
  readonly join: boolean
  /** Ids are looked at: read the tables. */
  readonly ids: boolean
}

/** Opens the sources of the planned slices. */
export async function openSources(
  views: readonly SourceView[],
  planned: readonly PlannedSlice[],
  { wants, context }: { wants: SourceWants; context: QueryContext },
): Promise<Sources> {
  const indexes = [...new Set(planned.map((slice) => slice.source))]
  const clips = indexes.map((index) => views[index]!.clip?.(wants.project))
  context.cost.enter('read')
  const tables = await Promise.all(
    indexes.map((index, i) => {
      const needed = wants.join || wants.ids || clips[i] !== undefined
      return needed ? views[index]!.segment.users(wants.project, context.cost) : undefined
    }),
  )
  context.cost.enter('plan')
  const joined = wants.join
    ? joinUsers(
        tables.map((table) => table ?? bug('users are joined without tables')),
        context.memory,
      )
    : undefined
  const byIndex = new Map<number, Source>()
  for (const [i, index] of indexes.entries()) {
    const table = tables[i]
    const clip = clips[i]
    const own = joined?.tables[i]
    byIndex.set(index, {
      index,
      view: views[index]!,
      table,
      positions: own?.positions,
      userless: own?.userless ?? false,
      clip: clip === undefined || table === undefined ? undefined : clipOrdinals(table, clip),
      passing: new Map(),
    })
  }
  return { byIndex, users: joined?.count ?? 0 }
}

/** Gives back what the sources hold: no frame of theirs is used any more. */
export function closeSources({ byIndex }: Sources, memory: QueryMemory): void {
  for (const { positions } of byIndex.values()) if (positions !== undefined) memory.give(positions)
}

/** Positions `[start, end)` that a pass looks at. */
export interface PositionRange {
  readonly start: number
  readonly end: number
}

export interface FrameOptions {
  /** `undefined`: all. Needs joined users. */
  readonly positions: PositionRange | undefined
  /** Rows without a user are not seen. Needs joined users. */
  readonly usersOnly: boolean
}

/** A slice frame with the positions of its users. */
export interface JoinedFrame extends SliceFrame {
  /** Position by slice user, `noUser` included. Only with joined users. */
  readonly position: Uint32Array<ArrayBufferLike>
  /** Some of its source's rows have no user. Known with joined users. */
  readonly userless: boolean
}

/** `memory`: where the positions are taken from; give them back when the frame is not used any more. */
export function frameOf(
  source: Source,
  slice: Slice,
  { memory, ...options }: FrameOptions & { memory: QueryMemory },
): JoinedFrame {
  const ordinals = slice.userOrdinals
  const position =
    source.positions === undefined ? ordinals : gather(source.positions, ordinals, memory.u32(ordinals.length))
  return {
    source: source.index,
    slice,
    users: ordinals.length,
    position,
    userless: source.userless,
    seen: seenUsers(source, { ordinals, position, options }),
    hidden: memo((stripe: Stripe) => source.view.hidden?.(slice.entry, stripe.entry)),
    usersWhere: memo((leaf: Leaf) => gatherBytes(passingUsers(source, leaf), ordinals)),
    idOf: (user: number) => (source.table ?? bug('an id without a user table')).id(ordinals[user]!),
    derived: new Map(),
  }
}

function gather(values: Uint32Array, at: Uint32Array, out: Uint32Array): Uint32Array {
  for (let i = 0; i < at.length; i++) out[i] = values[at[i]!]!
  return out
}

function gatherBytes(values: Uint8Array, at: Uint32Array): Uint8Array {
  const out = new Uint8Array(at.length)
  for (let i = 0; i < at.length; i++) out[i] = values[at[i]!]!
  return out
}

interface SeenInput {
  readonly ordinals: Uint32Array
  readonly position: Uint32Array
  readonly options: FrameOptions
}

function seenUsers(source: Source, { ordinals, position, options }: SeenInput): Uint8Array | undefined {
  const { positions, usersOnly } = options
  const dropsUserless = usersOnly && source.userless
  if (source.clip === undefined && positions === undefined && !dropsUserless) return undefined
  const seen = new Uint8Array(ordinals.length).fill(source.clip === undefined ? 1 : 0)
  for (const { start, end } of source.clip ?? []) {
    for (let user = 0; user < seen.length; user++) {
      if (ordinals[user]! >= start && ordinals[user]! < end) seen[user] = 1
    }
  }
  for (let user = 0; user < seen.length; user++) {
    const at = position[user]! & positionMask
    if (positions !== undefined && (at < positions.start || at >= positions.end)) seen[user] = 0
    if (dropsUserless && position[user]! > positionMask) seen[user] = 0
  }
  return seen.includes(0) ? seen : undefined
}

function passingUsers(source: Source, leaf: Leaf): Uint8Array {
  const known = source.passing.get(leaf)
  if (known !== undefined) return known
  const table = source.table ?? bug('a condition on distinct_id without a user table')
  const passing = new Uint8Array(table.count)
  for (let ordinal = 0; ordinal < table.count; ordinal++) {
    if (holds(leaf.condition, resolve(leaf.reference, table.id(ordinal)))) passing[ordinal] = 1
  }
  source.passing.set(leaf, passing)
  return passing
}

function memo<Key, Result>(compute: (key: Key) => Result): (key: Key) => Result {
  const known = new Map<Key, Result>()
  return (key) => {
    if (known.has(key)) return known.get(key) as Result
    const result = compute(key)
    known.set(key, result)
    return result
  }
}
