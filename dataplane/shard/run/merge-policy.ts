/**
 * Which runs of the tail to merge: pure. Geometric, so that a row is rewritten about log4(tail / run) times
 * and the tail has at most three runs of each size class.
 *
 * Only neighbours merge, so the order of arrival stays the order of runs.
 */

/** Runs of up to this many rows are one class; each next class is four times as large. */
const smallestClassRows = 1024
const runsPerClass = 4

/** Indexes `[start, end)` of the runs to merge, or `undefined`. `rows` in order of arrival. */
export function planMerge(rows: readonly number[]): { readonly start: number; readonly end: number } | undefined {
  // A run counts at least in the class of those after it: small ones between large ones merge along.
  const classes = rows.map(sizeClass)
  for (let i = classes.length - 2; i >= 0; i--) classes[i] = Math.max(classes[i]!, classes[i + 1]!)
  // The newest class first: it is the smallest and costs the least.
  for (let end = classes.length; end > 0; ) {
    let start = end - 1
    while (start > 0 && classes[start - 1] === classes[end - 1]) start--
    if (end - start >= runsPerClass) return { start, end }
    end = start
  }
  return undefined
}

function sizeClass(rows: number): number {
  let size = 0
  for (let most = smallestClassRows; rows > most; most *= 4) size++
  return size
}
