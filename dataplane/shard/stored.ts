/**
 * The segments that a manifest refers to, opened.
 *
 * Opening reads a footer; a segment that the shard has open already is taken over.
 */
import type { ObjectStore } from '../core/ports.ts'
import type { HashRange } from '../schema/placement.ts'
import type { SegmentReference } from '../storage/manifest/manifest.ts'
import { ObjectSource } from '../storage/object/source.ts'
import type { Segment } from '../storage/segment/contract.ts'
import { openSegment } from '../storage/segment/open.ts'

export interface Stored {
  readonly reference: SegmentReference
  readonly segment: Segment
}

/** Opens what is not in `known`, at most `atOnce` at a time. In the order of `references`. Throws `UnavailableError`, `CorruptError`. */
export async function openStored(
  store: ObjectStore,
  references: readonly SegmentReference[],
  { known, atOnce }: { known: readonly Stored[]; atOnce: number },
): Promise<Stored[]> {
  const byKey = new Map(known.map(({ reference, segment }) => [reference.key, segment]))
  const stored: Stored[] = new Array(references.length)
  let next = 0
  const worker = async () => {
    while (next < references.length) {
      const at = next++
      const reference = references[at]!
      const segment =
        byKey.get(reference.key) ?? (await openSegment(await ObjectSource.open(store, reference.key, reference.bytes)))
      stored[at] = { reference, segment }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, references.length) }, worker))
  return stored
}

/** Ranges of `h` that the reference shows of a project; `undefined` = all. */
export function clipOfReference({ clip }: SegmentReference, project: string): readonly HashRange[] | undefined {
  if (clip === null) return undefined
  return clip.find((part) => part.project === project)?.ranges ?? []
}
