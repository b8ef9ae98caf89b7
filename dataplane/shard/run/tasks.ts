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
  }[]
}

export interface MergeRunsOutput {
  readonly bytes: Uint8Array
  /**
   * Per slice of the output: where each row comes from, counting the taken rows of its (project, day)
   * through the inputs.
   */
  readonly orders: readonly Uint32Array[]
}

/** One segment with the rows of all inputs. Throws `CorruptError` for a damaged input. */
export async function mergeRuns({ inputs }: MergeRunsInput): Promise<MergeRunsOutput> {
  const slices: SliceRows[] = []
  for (const [i, { bytes, keep }] of inputs.entries()) {
    const segment = await openSegment(new BytesSource(bytes, `run ${i} of a merge`))
    for (const [index, slice] of (await readSlices(segment)).entries()) {
      slices.push(keep === undefined ? slice : take(slice, keep[index]!))
    }
  }
  const encoded = encodeSegment(slices)
  return { bytes: encoded.bytes, orders: encoded.slices.map(({ order }) => order) }
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
  return builder.finish()
}

/** By the names of the `Background` port. */
export const tasks = { mergeRuns, digestSegment } as const
