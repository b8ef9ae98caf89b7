/**
 * Segments to one segment: the background task of cuts and, later, of compaction. Pure.
 */

import type { Digest } from './digest.ts'
import { encodeSegment } from './encode.ts'
import { openSegment } from './open.ts'
import { readSlices } from './rows.ts'
import { BytesSource } from './source.ts'

export interface MergeInput {
  /** Whole segments in arrival order: every row of one arrived before every row of the next that has its user. */
  readonly inputs: readonly Uint8Array[]
}

export interface MergeOutput {
  readonly bytes: Uint8Array
  readonly digest: Digest
}

/** One segment with the rows of all inputs, arrival order kept among equals. Throws `CorruptError` for a damaged input. */
export async function mergeSegments({ inputs }: MergeInput): Promise<MergeOutput> {
  const slices = []
  for (const [i, bytes] of inputs.entries()) {
    slices.push(...(await readSlices(await openSegment(new BytesSource(bytes, `input ${i} of a merge`)))))
  }
  return encodeSegment(slices)
}
