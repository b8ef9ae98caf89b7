/**
 * Which runs of the tail to merge: pure. Small runs are what queries make, which seal whatever there is; they merge
 * by size, eight of a class, so that a row is rewritten about log8(full run / small run) times. A full run stays as
 * it is: encoding a row again costs more than everything else that is done with it, and a cut does it anyway.
 *
 * Only neighbours merge, so the order of arrival stays the order of runs.
 */

/** Runs of up to this many rows are one class; each next class is so many times as large. */
const smallestClassRows = 64
const classRatio = 8

export interface MergeLimits {
  /** Rows from which on a run is full. */
  readonly fullRunRows: number
  /** Runs of a class that merge. */
  readonly runsPerClass: number
}

/** Indexes `[start, end)` of the runs to merge, or `undefined`. `rows` in order of arrival. */
export function planMerge(
  rows: readonly number[],
  { fullRunRows, runsPerClass }: MergeLimits,
): { readonly start: number; readonly end: number } | undefined {
  // A run counts at least in the class of those after it: small ones between large ones merge along.
  const classes = rows.map((count) => (count >= fullRunRows ? full : sizeClass(count)))
  for (let i = classes.length - 2; i >= 0; i--) {
    if (classes[i] !== full) classes[i] = Math.max(classes[i]!, classes[i + 1]!)
  }
  // The newest class first: it is the smallest and costs the least.
  for (let end = classes.length; end > 0; ) {
    let start = end - 1
    while (start > 0 && classes[start - 1] === classes[end - 1]) start--
    if (classes[start] !== full && end - start >= runsPerClass) return { start, end }
    end = start
  }
  return undefined
}

/** Below every class: what is before a full run is not raised by it. */
const full = -1

function sizeClass(rows: number): number {
  let size = 0
  for (let most = smallestClassRows; rows > most; most *= classRatio) size++
  return size
}
