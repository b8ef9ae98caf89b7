/**
 * Bounds hedges to a share of all calls: when every replica is slow since there is too much to do, asking twice
 * would make it worse.
 */
const share = 0.1
const most = 10

export class HedgeBudget {
  #left = most

  /** A call was made that is no hedge. */
  earn(): void {
    this.#left = Math.min(most, this.#left + share)
  }

  /** False when there have been too many. */
  spend(): boolean {
    // Tenths do not add up to one in binary.
    if (this.#left < 1 - 1e-9) return false
    this.#left--
    return true
  }
}
