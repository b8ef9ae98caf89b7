/**
 * The loop over the runs of a name when some of its rows were decided one by one, such as by a time
 * range that cuts the stripe: what `run-kernels.ts` does, with the rows of a run looked up in ranks.
 */
import { firstException, type UserBits, wideToken } from './run-kernels.ts'
import { exceptionFields, type RunColumn } from './user-runs.ts'

export interface RankQuestion {
  /** Name of the stripe, and its first row. */
  readonly name: number
  readonly start: number
  /** 0 or 1 per slice user. */
  readonly passing: Uint8Array
  /** `ranks[i]`: rows before row `i` of the stripe that are taken if their user passes; one more than there are rows. */
  readonly ranks: Uint32Array
  /** Bits to set of users that have a row that is taken; `undefined`: only rows are counted. */
  readonly into: Pick<UserBits, 'bitOf' | 'bits'> | undefined
}

/** Rows of the name that are taken. Tokens of any width. Throws `CorruptError`. */
export function takeByRanks(column: RunColumn, { name, start, passing, ranks, into }: RankQuestion): number {
  const { tokens, tokenBytes, rowBits, nameEnds, exceptions, sliceUsers, body } = column
  const rowMask = 2 ** rowBits - 1
  const nameEnd = nameEnds[name]!
  let run = name === 0 ? 0 : nameEnds[name - 1]!
  let exception = firstException(exceptions, run)
  let at = -1
  let row = start
  let before = ranks[start]!
  let rows = 0
  while (run < nameEnd) {
    const exceptionRun = exception < exceptions.length ? exceptions[exception]! : nameEnd
    const stop = Math.min(nameEnd, exceptionRun)
    for (; run < stop; run++) {
      const token = tokenBytes === 1 ? tokens[run]! : wideToken(tokens, tokenBytes, run)
      at = (at + (token >>> rowBits) + 1) | 0
      row = (row + (token & rowMask) + 1) | 0
      const rank = ranks[row]!
      // Without a branch: whether a user passes is as good as random.
      const taken = -passing[at]! & (rank - before)
      before = rank
      rows = (rows + taken) | 0
      if (into !== undefined) setBit(into, at, taken)
    }
    if (run === nameEnd) break
    const token = wideToken(tokens, tokenBytes, run++)
    at = (at + (token >>> rowBits) + 1 + exceptions[exception + 1]!) | 0
    row = (row + (token & rowMask) + 1 + exceptions[exception + 2]!) | 0
    exception += exceptionFields
    const rank = ranks[row]!
    const taken = -passing[at]! & (rank - before)
    before = rank
    rows = (rows + taken) | 0
    if (into !== undefined) setBit(into, at, taken)
  }
  if (at >= sliceUsers) body.fail('user of a run', at, `below ${sliceUsers}`)
  return rows
}

function setBit({ bitOf, bits }: Pick<UserBits, 'bitOf' | 'bits'>, user: number, taken: number): void {
  const bit = bitOf[user]!
  bits[bit >>> 5] = bits[bit >>> 5]! | (((0 - taken) >>> 31) << (bit & 31))
}
