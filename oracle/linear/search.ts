/** Index of the last of the ascending numbers that is at or before `value`; -1 when all come after. */
export function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle] <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
