/** Where a number stands in an ascending column: by bisection, the one search of row numbers, run ends and hashes. */

/** Index of the first of `count` ascending numbers that is not below `value`; `count` when all are. */
export function firstFrom(ascending: Uint32Array, value: number, count = ascending.length): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
