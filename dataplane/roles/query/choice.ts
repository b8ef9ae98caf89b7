/**
 * Which replica to ask first: of two taken at random the one with less to do. Pure.
 *
 * Two random choices spread load almost as well as knowing everybody's, and a herd of query pods does not
 * run after one replica that looked idle to all of them. Source: Mitzenmacher, "The power of two choices
 * in randomized load balancing" (2001).
 */

export interface Load {
  /** Calls that are under way. */
  readonly inFlight: number
  /** Monotonic ms until which it is asked last, since it failed or lost to a hedge; 0: not. */
  readonly avoidUntilMs: number
}

/** All candidates in the order in which to ask them. `dice` gives numbers in [0, 1). */
export function orderByLoad<Candidate extends Load>(
  candidates: readonly Candidate[],
  nowMs: number,
  dice: () => number,
): Candidate[] {
  const good = candidates.filter((one) => one.avoidUntilMs <= nowMs)
  const avoided = candidates.filter((one) => one.avoidUntilMs > nowMs).sort((a, b) => a.avoidUntilMs - b.avoidUntilMs)
  const order: Candidate[] = []
  while (good.length > 0) {
    const [first] = good.splice(Math.floor(dice() * good.length), 1)
    const other = Math.floor(dice() * good.length)
    const second = good[other]
    if (second === undefined || first!.inFlight <= second.inFlight) order.push(first!)
    else {
      order.push(second)
      good[other] = first!
    }
  }
  return [...order, ...avoided]
}

/** ms to avoid a replica after its nth failure in a row. */
export function avoidMs(failures: number): number {
  return Math.min(5_000, 100 * 2 ** Math.min(failures - 1, 10))
}
