/**
 * Writes a part of the tail as a segment: merge the runs, put the object, read it back, decode it, and
 * compare its digest with that of the rows as the log gave them (MAN-1, AUD-1).
 *
 * Whatever happens here, nothing is visible: the object is unreachable until a manifest names it, and an
 * object that never gets there is garbage that `gc/` collects.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Background, ObjectStore, Random } from '../../core/ports.ts'
import { randomHex } from '../../core/random-hex.ts'
import { segmentId, segmentKey } from '../../storage/manifest/key.ts'
import type { SegmentReference } from '../../storage/manifest/manifest.ts'
import { putTwice } from '../../storage/object/put.ts'
import { ObjectSource } from '../../storage/object/source.ts'
import { type Digest, digestsEqual, digestText } from '../../storage/segment/digest.ts'
import { openSegment } from '../../storage/segment/open.ts'
import type { RecordTable } from '../records.ts'
import { partIn, type Run, type Window } from '../run/run.ts'
import type { MergeRunsInput, MergeRunsOutput } from '../run/tasks.ts'
import type { Stored } from '../stored.ts'

export interface CutPorts {
  readonly store: ObjectStore
  readonly random: Random
  readonly background: Background
}

export interface CutPlan {
  readonly shard: string
  /** Number of the cut, or the cuts that it replaces. */
  readonly cuts: { readonly first: number; readonly last: number }
  readonly runs: readonly Run[]
  readonly records: RecordTable
  readonly window: Window
  /** Digest of the rows in the window, by the tail. Has rows. */
  readonly digest: Digest
}

/** Throws `CorruptError` `CUT_MISMATCH`, `UnavailableError`. */
export async function writeCut(ports: CutPorts, plan: CutPlan): Promise<Stored> {
  const { store, background } = ports
  const { bytes } = await background.run<MergeRunsOutput>('mergeRuns', inputOf(plan))
  const id = segmentId(plan.cuts.first, hexNonce(ports.random))
  const key = segmentKey(plan.shard, id)
  // Nobody else has the key: what exists after a lost reply is ours.
  await putTwice(store, key, bytes)
  const written = await store.getRange(key, 0, bytes.length + 1)
  if (written?.length !== bytes.length) {
    const got = written?.length ?? 'no object'
    corrupt({ code: 'CUT_MISMATCH', object: key, what: 'bytes read back', got, want: bytes.length })
  }
  const digest = await background.run<Digest>('digestSegment', { name: key, bytes: written })
  if (!digestsEqual(digest, plan.digest)) {
    const [got, want] = [digestText(digest), digestText(plan.digest)]
    corrupt({ code: 'CUT_MISMATCH', object: key, what: 'digest of the rows read back', got, want })
  }
  const segment = await openSegment(await ObjectSource.open(store, key, bytes.length))
  const days = segment.slices.map(({ day }) => day)
  const reference: SegmentReference = {
    id,
    key,
    clip: null,
    cuts: plan.cuts,
    rows: digest.rows,
    bytes: bytes.length,
    days: { first: Math.min(...days), last: Math.max(...days) },
    digest,
  }
  return { reference, segment }
}

/** Built before the first pause: the tail goes on meanwhile. */
function inputOf({ runs, records, window }: CutPlan): MergeRunsInput {
  const inputs = runs.flatMap((run) => {
    const part = partIn(run, window)
    if (part === 'none') return []
    const { bytes, hashes } = run
    if (part === 'all') return [{ bytes, hashes }]
    return [{ bytes, hashes, keep: run.records.map((_, slice) => run.rowsIn(slice, records, window)) }]
  })
  return { inputs }
}

/** 16 random bytes: whose manifest or segment it is. */
export const hexNonce = (random: Random) => randomHex(random, 16)
