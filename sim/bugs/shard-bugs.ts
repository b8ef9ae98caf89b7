/** Shards that forget, and views that show too much: classes of the product with one method changed. */
import { DayFilter } from '../../dataplane/dedupe/day-filter.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import { Lanes } from '../../dataplane/shard/lanes.ts'
import type { MergeRunsOutput } from '../../dataplane/shard/run/tasks.ts'
import { Tail } from '../../dataplane/shard/tail/tail.ts'
import { Waiters } from '../../dataplane/shard/waiters.ts'
import { encodeSegment } from '../../dataplane/storage/segment/encode.ts'
import { openSegment } from '../../dataplane/storage/segment/open.ts'
import { readSlices } from '../../dataplane/storage/segment/rows.ts'
import { BytesSource } from '../../dataplane/storage/segment/source.ts'
import type { Tasks } from '../ports/background.ts'
import { type Bug, patched } from './bug.ts'

export const shardBugs = {
  'filter-says-new': {
    story: 'a row whose key was seen is not compared with anything: the filter always says new',
    breaks: 'DED-1',
    seams: () => ({
      patch: () => patched(DayFilter.prototype, 'has', () => () => false),
    }),
  },
  'tail-keys-forgotten': {
    story: 'after a cut the keys of rows that came later are forgotten too',
    breaks: 'DED-1',
    seams: () => ({
      patch: () => patched(Lanes.prototype, 'dropCut', (dropCut) => (at, bytes) => dropCut(beyond(at), bytes)),
    }),
  },
  'tail-dropped': {
    story: 'a cut drops the runs that reach beyond it',
    breaks: 'QRY-1',
    seams: () => ({ patch: () => patched(Tail.prototype, 'dropCut', (dropCut) => (at) => dropCut(beyond(at))) }),
  },
  'waits-too-short': {
    story: 'who waits for a vector is woken by any record',
    breaks: 'QRY-1',
    seams: () => ({ patch: () => patched(Waiters.prototype, 'notify', (notify) => (at) => notify(beyond(at))) }),
  },
  'merge-unmasks': {
    story: 'merging runs loses the marks of copies, and the check of the cut is made after it',
    breaks: 'DED-1',
    seams: () => ({ tasks: unmasking }),
  },
  'hidden-shown': {
    story: 'a view shows whole runs, also rows after its vector and rows that segments have',
    breaks: 'QRY-1',
    seams: () => ({ view: (view) => ({ ...view, sources: view.sources.map(({ hidden, ...source }) => source) }) }),
  },
  'vector-ahead': {
    story: 'an answer claims the record after the last one that it reflects',
    breaks: 'QRY-1',
    seams: () => ({ view: claimingMore }),
  },
  'pending-uncounted': {
    story: 'rows that are not decided yet are left out without a word',
    breaks: 'QRY-1',
    shape: ({ store }) => ({ store: { ...store, outage: 0.05 } }),
    seams: () => ({ view: (view) => ({ ...view, pending: 0 }) }),
  },
  'arrival-reversed': {
    story: 'sources come newest first, so that equal times are told apart the wrong way around',
    breaks: 'QRY-1',
    seams: () => ({ view: (view) => ({ ...view, sources: [...view.sources].reverse() }) }),
  },
} as const satisfies Record<string, Bug>

/** A vector far after the given one. */
function beyond({ generation, next }: OffsetVector): OffsetVector {
  return { generation, next: new Map([...next].map(([partition, offset]) => [partition, offset + 1_000])) }
}

function claimingMore(view: ShardView): ShardView {
  const next = new Map([...view.at.next].map(([partition, offset]) => [partition, offset > 0 ? offset + 1 : 0]))
  return { ...view, at: { ...view.at, next } }
}

/** Merges of runs that forget masks. */
export function unmasking(tasks: Tasks): Tasks {
  const mergeRuns = tasks.mergeRuns as (input: unknown) => Promise<MergeRunsOutput>
  return {
    ...tasks,
    mergeRuns: async (input: never) => {
      const output = await mergeRuns(input)
      const slices = await readSlices(await openSegment(new BytesSource(output.bytes)))
      const bare = slices.map((slice) => ({ ...slice, masked: new Uint32Array(slice.masked.length) }))
      return { ...output, bytes: encodeSegment(bare).bytes }
    },
  }
}
