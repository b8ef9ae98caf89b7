/**
 * Who agrees with the log: committed versions, and the rows that a replica has applied (AUD-1). Pure.
 */
import type { OffsetVector } from '../../schema/event.ts'
import type { Manifest } from '../../storage/manifest/manifest.ts'
import { digestsEqual } from '../../storage/segment/digest.ts'
import type { RecordTable } from '../records.ts'
import type { Window } from '../run/run.ts'
import { covers } from '../vector.ts'
import type { Reread } from './reread.ts'

export interface Verdict {
  /** Versions that do not hold what the log says, oldest first, and the range that each added. */
  readonly wrong: readonly { readonly version: Manifest; readonly range: Window }[]
  /** Where the replica has first applied something else than the log says. */
  readonly ownWrong: Window | undefined
}

export interface Parties {
  /** From the offsets of the last version that nobody doubts. */
  readonly log: Reread
  /** The versions after it, in order. */
  readonly versions: readonly Manifest[]
  /** What this replica has applied, if it still stands at that version. */
  readonly own: { readonly records: RecordTable; readonly decided: OffsetVector } | undefined
}

export function judge({ log, versions, own }: Parties): Verdict {
  const wrong: { version: Manifest; range: Window }[] = []
  let ownWrong: Window | undefined
  let from = log.manifest.offsets
  for (const version of versions) {
    const { operation, offsets: to } = version
    const truth = log.digest(from, to)
    const range = { from, to }
    const isWrong = operation.kind !== 'create' && !digestsEqual(operation.output, truth)
    const differs = own !== undefined && covers(own.decided, to) && !digestsEqual(own.records.digest(from, to), truth)
    if (isWrong) wrong.push({ version, range })
    if (differs) ownWrong ??= range
    from = to
  }
  return { wrong, ownWrong }
}
