/** What a planted bug is. */
import type { Seams } from '../seams.ts'

export interface Bug {
  /** What somebody got wrong. */
  readonly story: string
  /** The promise that it breaks first, mostly; others may show it too. */
  readonly breaks: string
  /** Fresh for each history, since a seam may remember. */
  readonly seams: () => Seams
}
