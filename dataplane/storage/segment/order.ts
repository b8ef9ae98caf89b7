/**
 * The order of rows in a slice: stripe and event name, then user (by `(h, id bytes)`), then time, then
 * arrival. A stable radix sort, one pass per key digit; a digit that all rows share costs no pass.
 */

export interface SortKeys {
  readonly rows: number
  /** Rank of the row's event name in the order of the slice. */
  readonly event: Uint32Array
  /** Rank of the row's user. */
  readonly user: Uint32Array
  /** ms since the slice's first instant. */
  readonly time: Uint32Array
}

const digitBits = 11
const digits = 1 << digitBits
/** So few rows are compared: a pass over the digits takes longer. */
const fewRows = 128

/** Arrival numbers of the rows in sorted order. */
export function sortRows({ rows, event, user, time }: SortKeys): Uint32Array {
  let order: Uint32Array = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) order[i] = i
  if (isSorted(rows, [event, user, time])) return order
  if (rows <= fewRows) {
    return order.sort((a, b) => event[a] - event[b] || user[a] - user[b] || time[a] - time[b] || a - b)
  }
  for (const key of [time, user, event]) order = sortBy(order, key)
  return order
}

function isSorted(rows: number, keys: readonly Uint32Array[]): boolean {
  for (let i = 1; i < rows; i++) {
    for (const key of keys) {
      if (key[i - 1] < key[i]) break
      if (key[i - 1] > key[i]) return false
    }
  }
  return true
}

/** Sorts `order` by `key[order[i]]`, keeping the order of equals. */
function sortBy(order: Uint32Array, key: Uint32Array): Uint32Array {
  let or = 0
  let and = 0xffffffff
  for (let i = 0; i < order.length; i++) {
    or |= key[i]
    and &= key[i]
  }
  // Bits in which some rows differ.
  const varying = (or ^ and) >>> 0
  let from = order
  let to: Uint32Array = new Uint32Array(order.length)
  for (let shift = 0; shift < 32; shift += digitBits) {
    if (((varying >>> shift) & (digits - 1)) === 0) continue
    const starts = new Uint32Array(digits)
    for (let i = 0; i < from.length; i++) starts[(key[i] >>> shift) & (digits - 1)]++
    let next = 0
    for (let digit = 0; digit < digits; digit++) {
      const count = starts[digit]
      starts[digit] = next
      next += count
    }
    for (let i = 0; i < from.length; i++) to[starts[(key[from[i]] >>> shift) & (digits - 1)]++] = from[i]
    const spare = from
    from = to
    to = spare
  }
  return from
}
