/**
 * Row digests: how replicas, cuts and compactions prove that they hold the same rows (AUD-1, CMP-1).
 *
 * A digest of rows is `(count, masked count, Σ row hash mod 2^128)`: order-independent, so any layout
 * of the same rows has the same digest, and ranges add and subtract. The row hash is defined over
 * cells (ADR 0005), so that a columnar reader computes it from dictionary codes, one hash per
 * distinct value instead of one per row (`row-hashes.ts`).
 */
import { assert } from '../../../common/errors/errors.ts'

export interface Digest {
  readonly rows: number
  readonly maskedRows: number
  /** Four 32-bit words, least significant first. */
  readonly sum: readonly [number, number, number, number]
}

export const emptyDigest: Digest = { rows: 0, maskedRows: 0, sum: [0, 0, 0, 0] }

const twoTo32 = 4294967296

export function addDigest(a: Digest, b: Digest): Digest {
  return { rows: a.rows + b.rows, maskedRows: a.maskedRows + b.maskedRows, sum: addSums(a.sum, b.sum) }
}

/** The digest of the rows of `whole` that are not in `part`. */
export function subtractDigest(whole: Digest, part: Digest): Digest {
  // -x = ~x + 1, mod 2^128.
  const complement: Digest['sum'] = [~part.sum[0] >>> 0, ~part.sum[1] >>> 0, ~part.sum[2] >>> 0, ~part.sum[3] >>> 0]
  return {
    rows: whole.rows - part.rows,
    maskedRows: whole.maskedRows - part.maskedRows,
    sum: addSums(addSums(whole.sum, complement), [1, 0, 0, 0]),
  }
}

export function digestsEqual(a: Digest, b: Digest): boolean {
  return a.rows === b.rows && a.maskedRows === b.maskedRows && a.sum.every((word, i) => word === b.sum[i])
}

/** `rows/masked/hex`, for messages and manifests. */
export function digestText(digest: Digest): string {
  const words = [...digest.sum].reverse().map((word) => word.toString(16).padStart(8, '0'))
  return `${digest.rows}/${digest.maskedRows}/${words.join('')}`
}

/** The digest of rows `[from, to)` from their hashes (`rowHashes`: four words a row) and masks. */
export function digestOfHashes(hashes: Uint32Array, masked: Uint32Array, from: number, to: number): Digest {
  assert(to * 4 <= hashes.length, `digest of rows ${from} to ${to} of ${hashes.length / 4}`, 'AUD-1')
  // Sums of up to 2^21 words stay exact in a double; carries move on once per chunk.
  let sum: Digest['sum'] = [0, 0, 0, 0]
  let maskedRows = 0
  for (let start = from; start < to; start += 1 << 20) {
    const end = Math.min(to, start + (1 << 20))
    const words: [number, number, number, number] = [0, 0, 0, 0]
    for (let row = start; row < end; row++) {
      words[0] += hashes[4 * row]
      words[1] += hashes[4 * row + 1]
      words[2] += hashes[4 * row + 2]
      words[3] += hashes[4 * row + 3]
      maskedRows += (masked[row >>> 5] >>> (row & 31)) & 1
    }
    sum = addSums(sum, words)
  }
  return { rows: to - from, maskedRows, sum }
}

/** Adds two sums mod 2^128; words may be larger than 32 bits (up to 2^52) and are carried on. */
export function addSums(a: readonly number[], b: readonly number[]): Digest['sum'] {
  const out: [number, number, number, number] = [0, 0, 0, 0]
  let carry = 0
  for (let i = 0; i < 4; i++) {
    const word = a[i] + b[i] + carry
    carry = Math.floor(word / twoTo32)
    out[i] = word - carry * twoTo32
  }
  return out
}
