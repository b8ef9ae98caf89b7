/**
 * Makes the picture that a query reads from a state and an offset vector.
 *
 * Segments come first, in the order of their cuts, then runs: the order of arrival. A run that reaches
 * over an edge of the window hides the rows outside it.
 */

import type { ShardView, SourceView } from '../query/view.ts'
import type { OffsetVector } from '../schema/event.ts'
import type { RecordTable } from './records.ts'
import { partIn, type Run, type Window } from './run/run.ts'
import type { State } from './state.ts'
import { clipOfReference, type Stored } from './stored.ts'

export async function makeView(
  { base, stored, runs }: State,
  { at, pending, records }: { at: OffsetVector; pending: number; records: RecordTable },
): Promise<ShardView> {
  const window = { from: base, to: at }
  // What hides rows is worked out before the first pause: the table of records may forget them later.
  const parts = runs
    .map((run) => ({ run, part: partIn(run, window) }))
    .filter(({ part }) => part !== 'none')
    .map(({ run, part }) => ({ run, shown: part === 'all' ? undefined : shownRows(run, records, window) }))
  const tail = await Promise.all(parts.map(({ run, shown }) => viewOfRun(run, shown)))
  return { at, pending, sources: [...stored.map(viewOfStored), ...tail] }
}

/** Bits of the shown rows, by slice. */
function shownRows(run: Run, records: RecordTable, window: Window): Uint32Array[] {
  return run.records.map((_, slice) => run.rowsIn(slice, records, window))
}

function viewOfStored({ reference, segment }: Stored): SourceView {
  return reference.clip === null ? { segment } : { segment, clip: (project) => clipOfReference(reference, project) }
}

async function viewOfRun(run: Run, shown: readonly Uint32Array[] | undefined): Promise<SourceView> {
  const segment = await run.segment()
  if (shown === undefined) return { segment }
  const starts = await run.stripeStarts()
  return {
    segment,
    hidden: (slice, stripe) => invert(shown[slice.index]!, starts[slice.index]![stripe.index]!, stripe.rows),
  }
}

/** Bits `[start, start + rows)` turned around; `undefined` when that leaves none. */
function invert(shown: Uint32Array, start: number, rows: number): Uint32Array | undefined {
  const hidden = new Uint32Array((rows + 31) >>> 5)
  let any = false
  for (let row = 0; row < rows; row++) {
    const at = start + row
    if ((shown[at >>> 5]! >>> (at & 31)) & 1) continue
    hidden[row >>> 5]! |= 1 << (row & 31)
    any = true
  }
  return any ? hidden : undefined
}
