/**
 * Passes over ranges of users: the way in which everything per user is bounded in memory, and the
 * way in which it will be shared between workers. A pass that does not fit is done again over half
 * of its users.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { PositionRange } from './frames.ts'

/** Users of bitmaps come in words. */
const wordUsers = 32

/** What a pass says when it does not fit. */
export const tooWide = Symbol('the pass is too wide')

export interface Pass {
  readonly positions: PositionRange
  /** All users at once: nothing has to be told apart by range. */
  readonly whole: boolean
  /** The pass cannot be made narrower, so it has to fit. */
  readonly narrowest: boolean
}

/**
 * Runs passes over positions `[0, end)`, ascending, until all are done, and returns their results.
 * `run` answers `tooWide` to be asked again with fewer users.
 */
export async function runPasses<Result>(
  end: number,
  narrowest: number,
  run: (pass: Pass) => Promise<Result | typeof tooWide>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0, width = end; start < end; ) {
    const positions = { start, end: Math.min(end, start + width) }
    const whole = positions.start === 0 && positions.end === end
    const pass = { positions, whole, narrowest: positions.end - start <= narrowest }
    const result = await run(pass)
    if (result === tooWide) {
      if (pass.narrowest) bug('the narrowest pass said that it is too wide')
      width = narrower(positions.end - start, narrowest)
      continue
    }
    results.push(result)
    start = positions.end
  }
  return results
}

function narrower(width: number, narrowest: number): number {
  const half = Math.ceil(width / 2)
  return Math.max(narrowest, half > wordUsers ? Math.ceil(half / wordUsers) * wordUsers : half)
}
