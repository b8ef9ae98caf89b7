/** What a planted bug of the operator is. */
import type { Seams } from '../seams.ts'

export interface OperatorBug {
  /** What somebody got wrong. */
  readonly story: string
  /** The seed from which on the test looks for it: of those from 1 on the first, or shortly before it, that showed it. */
  readonly from: number
  /** What the message of the checker that finds it says. */
  readonly found: RegExp
  /** Fresh for each history, since a seam may remember. */
  readonly seams: () => Seams
}
