/**
 * Rows to segment: `encodeSegment`. The same for a run of the tail, a cut and a merge.
 *
 * Slices of one (project, UTC day) are joined in the order given, which is the order of arrival; rows
 * are sorted stably, so arrival order stays among equals and needs no column.
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { assert } from '../../../common/errors/errors.ts'
import { concatSlices } from './builder.ts'
import type { SliceRows } from './contract.ts'
import { addDigest, type Digest, digestOfHashes, emptyDigest } from './digest.ts'
import { type EncodedSlice, encodeSlice, type SegmentNames } from './encode-slice.ts'
import { type WrittenProject, type WrittenSlice, writeFooter } from './footer.ts'
import { type EncodeLimits, encodeLimits, magic, sliceRowsMax, trailerOf } from './layout.ts'
import { NameTable } from './name-table.ts'
import { writeProjectTables } from './project-tables.ts'
import { sortUsers } from './project-users.ts'
import { rowHashes } from './row-hashes.ts'
import { shareProperties } from './shared-properties.ts'

export interface EncodedSegment {
  readonly bytes: Uint8Array
  readonly digest: Digest
  /** What the encoder learnt of each slice, in the order of the segment. */
  readonly slices: readonly SliceFacts[]
}

/** Of the input of one slice: all `SliceRows` of its (project, day), joined. */
export interface SliceFacts {
  /** Per row in stored order: its row number in the input. */
  readonly order: Uint32Array
  /** Four words per row of the input (`row-hashes.ts`). */
  readonly hashes: Uint32Array
}

/** Encodes rows in arrival order. Slices without rows are left out. */
export function encodeSegment(slices: readonly SliceRows[], options: Partial<EncodeLimits> = {}): EncodedSegment {
  const limits = { ...encodeLimits, ...options }
  const projects = groupSlices(slices)
  const names = {
    events: new NameTable(slices.flatMap((slice) => slice.eventNames)),
    properties: new NameTable(slices.flatMap((slice) => slice.properties.map((property) => property.name))),
  }
  const written = projects.map((days) => writeProject(days, names, limits))
  const regions = [
    ...written.flatMap((project) => project.slices.map((slice) => slice.bytes)),
    ...written.map((project) => project.table.bytes),
  ]
  const footer = writeFooter(names, written, limits)
  const facts = written.flatMap((project) => project.slices)
  const digest = facts.reduce((sum, slice) => addDigest(sum, slice.digest), emptyDigest)
  return { bytes: join([magic, ...regions, footer, trailerOf(footer)]), digest, slices: facts }
}

/** Projects by the bytes of their ids, each with its days ascending, each day as one slice. */
function groupSlices(slices: readonly SliceRows[]): SliceRows[][] {
  const projects = new Map<string, Map<number, SliceRows[]>>()
  for (const slice of slices) {
    if (slice.rows === 0) continue
    const days = projects.get(slice.project) ?? new Map<number, SliceRows[]>()
    projects.set(slice.project, days)
    const parts = days.get(slice.day) ?? []
    days.set(slice.day, parts)
    parts.push(slice)
  }
  return [...projects]
    .sort(([a], [b]) => compareUtf8(a, b))
    .map(([, days]) => [...days].sort(([a], [b]) => a - b).map(([, parts]) => concatSlices(parts)))
}

function writeProject(
  days: readonly SliceRows[],
  names: SegmentNames,
  limits: EncodeLimits,
): WrittenProject & { readonly slices: readonly (WrittenSlice & SliceFacts)[] } {
  const { users, ordinals } = sortUsers(days)
  const shared = shareProperties(days, ordinals, users.ids.length)
  const slices = days.map((slice, i): WrittenSlice & SliceFacts & Pick<EncodedSlice, 'sharedPerUser'> => {
    assert(slice.rows <= sliceRowsMax, `a slice of ${slice.rows} rows`)
    const hashes = slice.hashes ?? rowHashes(slice)
    const digest = digestOfHashes(hashes, slice.masked, 0, slice.rows)
    const encoded = encodeSlice(slice, {
      ordinals: ordinals[i],
      names,
      limits,
      hashes,
      shared: (name, sliceUsers) => {
        const property = shared.get(name)
        const recode = property?.recodes[i]
        if (property === undefined || recode === undefined) return undefined
        return { recode, perUser: property.perUser && sliceUsers.map((ordinal) => property.perUser![ordinal]) }
      },
    })
    return { ...encoded, day: slice.day, digest, hashes }
  })
  // Codes per user that no slice found worth it would be bytes that nobody reads.
  const used = new Set(slices.flatMap((slice) => slice.sharedPerUser))
  const table = writeProjectTables(users, { shared, used }, { names: names.properties, limits })
  return { project: days[0].project, users: users.ids.length, slices, table }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
