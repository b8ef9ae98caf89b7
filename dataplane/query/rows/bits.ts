/**
 * Bitsets of rows: bit `i` is `bits[i >>> 5] & (1 << (i & 31))`. The inner loops of filters and
 * counts; nothing here allocates. Ranges are `[start, end)`.
 */

/** Bits of one word that lie in `[start, end)` of it, `0 <= start < end <= 32`. */
function wordMask(start: number, end: number): number {
  return ((end === 32 ? 0 : 1 << end) - (1 << start)) | 0
}

export function wordsFor(rows: number): number {
  return (rows + 31) >>> 5
}

export function popcount32(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555)
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333)
  return (((w + (w >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

export function popcount(bits: Uint32Array, start: number, end: number): number {
  if (start >= end) return 0
  const first = start >>> 5
  const last = (end - 1) >>> 5
  if (first === last) return popcount32(bits[first]! & wordMask(start & 31, ((end - 1) & 31) + 1))
  let count = popcount32(bits[first]! & wordMask(start & 31, 32))
  for (let w = first + 1; w < last; w++) {
    // The body of popcount32 by hand: this loop is a count of all events.
    let word = bits[w]!
    word = word - ((word >>> 1) & 0x55555555)
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    count += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
  }
  return count + popcount32(bits[last]! & wordMask(0, ((end - 1) & 31) + 1))
}

/** True when a bit of the range is set. */
export function anyBit(bits: Uint32Array, start: number, end: number): boolean {
  if (start >= end) return false
  const first = start >>> 5
  const last = (end - 1) >>> 5
  if (first === last) return (bits[first]! & wordMask(start & 31, ((end - 1) & 31) + 1)) !== 0
  if ((bits[first]! & wordMask(start & 31, 32)) !== 0) return true
  for (let w = first + 1; w < last; w++) {
    if (bits[w] !== 0) return true
  }
  return (bits[last]! & wordMask(0, ((end - 1) & 31) + 1)) !== 0
}

export function setRange(bits: Uint32Array, start: number, end: number): void {
  if (start >= end) return
  const first = start >>> 5
  const last = (end - 1) >>> 5
  if (first === last) {
    bits[first] = bits[first]! | wordMask(start & 31, ((end - 1) & 31) + 1)
    return
  }
  bits[first] = bits[first]! | wordMask(start & 31, 32)
  bits.fill(0xffffffff, first + 1, last)
  bits[last] = bits[last]! | wordMask(0, ((end - 1) & 31) + 1)
}

export function clearRange(bits: Uint32Array, start: number, end: number): void {
  if (start >= end) return
  const first = start >>> 5
  const last = (end - 1) >>> 5
  if (first === last) {
    bits[first] = bits[first]! & ~wordMask(start & 31, ((end - 1) & 31) + 1)
    return
  }
  bits[first] = bits[first]! & ~wordMask(start & 31, 32)
  bits.fill(0, first + 1, last)
  bits[last] = bits[last]! & ~wordMask(0, ((end - 1) & 31) + 1)
}

/** Empties the words that the rows touch: neighbours in the first and last word too. */
export function clearWords(bits: Uint32Array, start: number, end: number): void {
  bits.fill(0, start >>> 5, wordsFor(end))
}

/** `into &= other`, on whole words. */
export function andWords(into: Uint32Array, other: Uint32Array, start: number, end: number): void {
  const last = wordsFor(end)
  for (let w = start >>> 5; w < last; w++) into[w] = into[w]! & other[w]!
}

export function orWords(into: Uint32Array, other: Uint32Array, start: number, end: number): void {
  const last = wordsFor(end)
  for (let w = start >>> 5; w < last; w++) into[w] = into[w]! | other[w]!
}

export function andNotWords(into: Uint32Array, other: Uint32Array, start: number, end: number): void {
  const last = wordsFor(end)
  for (let w = start >>> 5; w < last; w++) into[w] = into[w]! & ~other[w]!
}

/** Inverts the bits of the range; other bits of its first and last word become 0. */
export function notRange(bits: Uint32Array, start: number, end: number): void {
  const last = wordsFor(end)
  for (let w = start >>> 5; w < last; w++) bits[w] = ~bits[w]!
  trimRange(bits, start, end)
}

/** Clears the bits outside the range in its first and last word. */
export function trimRange(bits: Uint32Array, start: number, end: number): void {
  if (start >= end) return
  const first = start >>> 5
  const last = (end - 1) >>> 5
  bits[first] = bits[first]! & wordMask(start & 31, 32)
  bits[last] = bits[last]! & wordMask(0, ((end - 1) & 31) + 1)
}

/** Sets bit `at + i` where `pass[codes[i]]` is 1, for `i < count`. The bits must be 0 before. */
export function setWherePass(bits: Uint32Array, at: number, { pass, codes, count }: PassingCodes): void {
  let i = 0
  let row = at
  for (; i < count && (row & 31) !== 0; i++, row++)
    bits[row >>> 5] = bits[row >>> 5]! | (pass[codes[i]!]! << (row & 31))
  for (; i + 32 <= count; i += 32, row += 32) {
    let word = 0
    for (let k = 0; k < 32; k++) word |= pass[codes[i + k]!]! << k
    bits[row >>> 5] = word
  }
  for (; i < count; i++, row++) bits[row >>> 5] = bits[row >>> 5]! | (pass[codes[i]!]! << (row & 31))
}

/** Writes to `ranks[i]`, for rows `i` of `[start, end]`, how many bits of `[start, i)` are set. */
export function rankBits(bits: Uint32Array, start: number, end: number, ranks: Uint32Array): void {
  let rank = 0
  for (let row = start; row < end; row++) {
    ranks[row] = rank
    rank += (bits[row >>> 5]! >>> (row & 31)) & 1
  }
  ranks[end] = rank
}

export interface PassingCodes {
  /** 0 or 1 per code. */
  readonly pass: Uint8Array
  readonly codes: Uint32Array
  readonly count: number
}

/** Writes the numbers of the set bits of `[start, end)` to `out` and returns how many they are. */
export function listBits(bits: Uint32Array, start: number, end: number, out: Uint32Array): number {
  return listWhere(bits, 0, { start, end, out })
}

/** The same of the bits that are not set. */
export function listClearBits(bits: Uint32Array, start: number, end: number, out: Uint32Array): number {
  return listWhere(bits, -1, { start, end, out })
}

interface ListedRange {
  readonly start: number
  readonly end: number
  readonly out: Uint32Array
}

function listWhere(bits: Uint32Array, flip: number, { start, end, out }: ListedRange): number {
  if (start >= end) return 0
  const first = start >>> 5
  const last = (end - 1) >>> 5
  let count = 0
  for (let w = first; w <= last; w++) {
    let word = bits[w]! ^ flip
    if (w === first) word &= wordMask(start & 31, 32)
    if (w === last) word &= wordMask(0, ((end - 1) & 31) + 1)
    const base = w << 5
    if ((word | 0) === -1) {
      for (let k = 0; k < 32; k++) out[count++] = base + k
      continue
    }
    while (word !== 0) {
      const lowest = word & -word
      out[count++] = base + 31 - Math.clz32(lowest)
      word ^= lowest
    }
  }
  return count
}
