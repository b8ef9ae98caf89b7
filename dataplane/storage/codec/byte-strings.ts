/**
 * Many byte strings back to back, and their order as unsigned bytes.
 */
import { ByteWriter } from '../../../common/bytes/writer.ts'

/** String `i` is `bytes[ends[i - 1] ?? 0 .. ends[i])`. */
export interface ByteStrings {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
}

const scratch = new ByteWriter()

/** Collects `count` strings that `write` appends one by one. */
export function collectStrings(count: number, write: (i: number, out: ByteWriter) => void): ByteStrings {
  scratch.reset()
  const ends = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    write(i, scratch)
    ends[i] = scratch.length
  }
  return { bytes: scratch.finish(), ends }
}

export function startOf(strings: ByteStrings, i: number): number {
  return i === 0 ? 0 : strings.ends[i - 1]
}

/** Compares strings `a` and `b` of the collection: < 0, 0 or > 0. */
export function compareStrings(strings: ByteStrings, a: number, b: number): number {
  const { bytes, ends } = strings
  let i = startOf(strings, a)
  let j = startOf(strings, b)
  const length = Math.min(ends[a] - i, ends[b] - j)
  for (const stop = i + length; i < stop; i++, j++) if (bytes[i] !== bytes[j]) return bytes[i] - bytes[j]
  return ends[a] - startOf(strings, a) - (ends[b] - startOf(strings, b))
}

/** Groups of at most as many strings are sorted by comparison. */
const smallGroup = 12
/** A key of `n` bytes, its length (3 bits) and a string's number must fit the 53 bits of a double. */
const fourByteGroup = 1 << 18
const groupMax = 1 << 26

/**
 * Numbers of the strings in ascending order; `some`: only these, sorted in place. Three or four bytes at a time become the key of a native sort of
 * numbers; strings that share them go on with the next. Many times faster than comparing.
 */
export function sortStrings(strings: ByteStrings, some?: Uint32Array): Uint32Array {
  const order = some ?? new Uint32Array(strings.ends.length)
  if (some === undefined) for (let i = 0; i < order.length; i++) order[i] = i
  if (!isAscending(strings, order)) sortGroup(strings, order, 0)
  return order
}

function isAscending(strings: ByteStrings, order: Uint32Array): boolean {
  for (let i = 1; i < order.length; i++) if (compareStrings(strings, order[i - 1], order[i]) > 0) return false
  return true
}

/** Sorts `order`, whose strings agree in their first `depth` bytes. */
function sortGroup(strings: ByteStrings, order: Uint32Array, depth: number): void {
  if (order.length <= smallGroup || order.length > groupMax) {
    order.sort((a, b) => compareStrings(strings, a, b))
    return
  }
  const shared = depth + sharedPrefix(strings, order, depth)
  const keyBytes = order.length <= fourByteGroup ? 4 : 3
  const numbers = keyBytes === 4 ? fourByteGroup : groupMax
  const keys = new Float64Array(order.length)
  for (let i = 0; i < order.length; i++) keys[i] = keyAt(strings, order[i], { depth: shared, keyBytes }) * numbers + i
  keys.sort()
  const before = order.slice()
  for (let i = 0; i < order.length; i++) order[i] = before[keys[i] % numbers]
  for (let start = 0; start < order.length; ) {
    const key = Math.floor(keys[start] / numbers)
    let end = start + 1
    while (end < order.length && Math.floor(keys[end] / numbers) === key) end++
    // A shorter key is a whole string: its equals are equal.
    if (end - start > 1 && key % 8 === keyBytes) sortGroup(strings, order.subarray(start, end), shared + keyBytes)
    start = end
  }
}

/** The bytes from `depth`, zeros where the string ends, then how many there were: a prefix comes first. */
function keyAt({ bytes, ends }: ByteStrings, i: number, at: { depth: number; keyBytes: number }): number {
  const from = (i === 0 ? 0 : ends[i - 1]) + at.depth
  const count = Math.min(at.keyBytes, ends[i] - from)
  let key = 0
  for (let k = 0; k < at.keyBytes; k++) key = key * 256 + (k < count ? bytes[from + k] : 0)
  return key * 8 + count
}

/** Bytes after `depth` that all strings of the group share. */
function sharedPrefix(strings: ByteStrings, order: Uint32Array, depth: number): number {
  const { bytes, ends } = strings
  const first = startOf(strings, order[0]) + depth
  let shared = ends[order[0]] - first
  for (let i = 1; i < order.length && shared > 0; i++) {
    const from = startOf(strings, order[i]) + depth
    const most = Math.min(shared, ends[order[i]] - from)
    let same = 0
    while (same < most && bytes[first + same] === bytes[from + same]) same++
    shared = same
  }
  return shared
}
