/**
 * The oracle: what a query's answer is, given what was sent and where the log keeps it (QRY-1, DED-1).
 *
 * `answer` follows the query page by brute force and is the judge; `answerLinear` is for streams of hundreds of
 * thousands of events and is itself held against `answer` by a property test. Queries must be valid.
 */
import { funnel } from './brute/funnel.ts'
import { retention } from './brute/retention.ts'
import { segmentation } from './brute/segmentation.ts'
import { markDuplicates, markDuplicatesLinear } from './dedupe.ts'
import type { LoggedEvent, StoredEvent } from './event.ts'
import { exported } from './export.ts'
import { funnelLinear } from './linear/funnel.ts'
import { retentionLinear } from './linear/retention.ts'
import { segmentationLinear } from './linear/segmentation.ts'
import type { Query, Result } from './query.ts'

export function answer(events: readonly LoggedEvent[], query: Query): Result {
  const stored = markDuplicates(events)
  switch (query.type) {
    case 'segmentation':
      return segmentation(stored, query)
    case 'funnel':
      return funnel(stored, query)
    case 'retention':
      return retention(stored, query)
    case 'export':
      return exported(stored, query)
  }
}

/** `events` may be marked already, since marking serves all queries. */
export function answerLinear(events: readonly StoredEvent[], query: Query): Result {
  switch (query.type) {
    case 'segmentation':
      return segmentationLinear(events, query)
    case 'funnel':
      return funnelLinear(events, query)
    case 'retention':
      return retentionLinear(events, query)
    case 'export':
      return exported(events, query)
  }
}

export { markDuplicatesLinear }
