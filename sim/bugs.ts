/**
 * Bugs to be planted, each at a seam between real parts.
 */
import type { Seams } from './seams.ts'

export interface Bug {
  /** What somebody got wrong. */
  readonly story: string
  /** Promises whose checker may find it. */
  readonly breaks: readonly string[]
  /** Fresh for each history, since a seam may remember. */
  readonly seams: () => Seams
}

export const bugs = {
  none: { story: 'nothing', breaks: [], seams: () => ({}) },
} as const satisfies Record<string, Bug>

export type BugName = keyof typeof bugs

export const bugNames = Object.keys(bugs) as BugName[]
