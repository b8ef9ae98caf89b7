/**
 * What a shard lets run off the serving thread: merging runs, writing a cut, and the digest of a written
 * object. Pure functions of bytes, for the `Background` port.
 *
 * Does not: know records, vectors or the store.
 */
import { SliceBuilder } from '../../storage/segment/builder.ts'
import type { SliceRows } from '../../storage/segment/contract.ts'
import { addDigest, type Digest, emptyDigest } from '../../storage/segment/digest.ts'
import { encodeSegment } from '../../storage/segment/encode.ts'
import { openSegment } from '../../storage/segment/open.ts'
import { digestRows } from '../../storage/segment/row-hashes.ts'
import { readSlices } from '../../storage/segment/rows.ts'
import { BytesSource } from '../../storage/segment/source.ts'

export interface MergeRunsInput {
  /** In arrival order. */
  readonly inputs: readonly {
    readonly bytes: Uint8Array
    /** Per slice, bit per row in stored order: rows to take. All of them by default. */
    readonly keep?: readonly Uint32Array[]
    /** Per slice, four words per row in stored order: the hashes of the rows as the log gave them. */
    readonly hashes?: readonly Uint32Array[] | undefined
  }[]
}

export interface MergeRunsOutput {
  readonly bytes: Uint8Array
  /**
   * Per slice of the output: where each row comes from, counting the taken rows of its (project, day)
   * through the inputs.
   */
  readonly orders: readonly Uint32Array[]
  /** Per slice of the output, hashes of its rows in stored order. */
  readonly hashes: readonly Uint32Array[]
}

/** One segment with the rows of all inputs. Throws `CorruptError` for a damaged input. */
export async function mergeRuns({ inputs }: MergeRunsInput): Promise<MergeRunsOutput> {
  const slices: SliceRows[] = []
  for (const [i, { bytes, keep, hashes }] of inputs.entries()) {
    const segment = await openSegment(new BytesSource(bytes, `run ${i} of a merge`))
    for (const [index, slice] of (await readSlices(segment)).entries()) {
      const rows = { ...slice, hashes: hashes?.[index] }
      slices.push(keep === undefined ? rows : take(rows, keep[index]!))
    }
  }
  const encoded = encodeSegment(slices)
  return {
    bytes: encoded.bytes,
    orders: encoded.slices.map(({ order }) => order),
    hashes: encoded.slices.map(({ order, hashes }) => inOrder(hashes, order)),
  }
}

/** Digest of all rows of a segment, computed from the decoded rows and not from its footer. */
export async function digestSegment({ name, bytes }: { name: string; bytes: Uint8Array }): Promise<Digest> {
  const slices = await readSlices(await openSegment(new BytesSource(bytes, name)))
  return slices.map(digestRows).reduce(addDigest, emptyDigest)
}

function take(slice: SliceRows, keep: Uint32Array): SliceRows {
  const rows = Uint32Array.from({ length: slice.rows }, (_, row) => row)
  const taken = rows.filter((row) => (keep[row >>> 5]! >>> (row & 31)) & 1)
  if (taken.length === slice.rows) return slice
  const builder = new SliceBuilder(slice.project, slice.day)
  builder.append(slice, { rows: taken, masked: slice.masked })
  const { hashes } = slice
  return { ...builder.finish(), hashes: hashes && inOrder(hashes, taken) }
}

/** Hashes of rows, four words each, in another order. */
export function inOrder(hashes: Uint32Array, order: Uint32Array): Uint32Array {
  const out = new Uint32Array(4 * order.length)
  for (let i = 0; i < order.length; i++) {
    const from = 4 * order[i]!
    for (let word = 0; word < 4; word++) out[4 * i + word] = hashes[from + word]!
  }
  return out
}

/** By the names of the `Background` port. */
export const tasks = { mergeRuns, digestSegment } as const
