/**
 * Row digests: how replicas, cuts and compactions prove that they hold the same rows (AUD-1, CMP-1).
 *
 * A digest of rows is `(count, masked count, Σ row hash mod 2^128)`: order-independent, so any layout
 * of the same rows has the same digest, and ranges add and subtract. The row hash is defined over
 * cells (ADR 0005), so that a columnar reader computes it from dictionary codes, one hash per
 * distinct value instead of one per row.
 */

export interface Digest {
  readonly rows: number
  readonly maskedRows: number
  /** Four 32-bit words, least significant first. */
  readonly sum: readonly [number, number, number, number]
}
