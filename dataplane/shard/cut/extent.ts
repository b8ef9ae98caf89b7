/**
 * How far one cut goes: up to everything that is decided, or, where the tail got long, up to the end of its
 * oldest runs. Pure.
 *
 * Any vector between the manifest's offsets and what is decided makes a right cut (MAN-1, AUD-1). This one
 * bounds the memory and the time of a cut when the log is read faster than cuts are written: a cut of the whole
 * tail would take longer the further it is behind, and the tail would grow meanwhile.
 */
import type { OffsetVector } from '../../schema/event.ts'
import { partBefore, type Run, type Window } from '../run/run.ts'
import { covers } from '../vector.ts'

/**
 * Offsets that a cut of the window should end with: `to`, unless there are more than twice `rowsMax` rows; then the end of
 * the oldest runs that have `rowsMax` together. `runs` in order of arrival.
 */
export function cutEnd(
  runs: readonly Pick<Run, 'rows' | 'span'>[],
  { from, to }: Window,
  rowsMax: number,
): OffsetVector {
  const uncut = runs.filter((run) => partBefore(run, from) !== 'all')
  if (uncut.reduce((rows, run) => rows + run.rows, 0) <= 2 * rowsMax) return to
  const next = new Map(from.next)
  let rows = 0
  for (const run of uncut) {
    if (rows >= rowsMax) break
    rows += run.rows
    for (const [partition, { last }] of run.span) {
      const decided = to.next.get(partition) ?? 0
      next.set(partition, Math.max(next.get(partition) ?? 0, Math.min(last + 1, decided)))
    }
  }
  const end = { generation: to.generation, next }
  // The oldest runs wait to be decided, or what they have before `to` is cut already.
  return covers(from, end) ? to : end
}
