/** How to draw: with which ink, in how many columns. */
import { colourInk, type Ink, plainInk } from './ink.ts'

export interface Style {
  readonly ink: Ink
  readonly columns: number
}

/** Wider lines are harder to read. */
const columnsMax = 100
const columnsMin = 40
const columnsOfAPipe = 80

export function styleFor(terminal: {
  readonly isTerminal: boolean
  readonly columns: number | undefined
  /** Of `NO_COLOR` (no-color.org): any text but the empty one. */
  readonly noColour: string | undefined
}): Style {
  const colours = terminal.isTerminal && (terminal.noColour === undefined || terminal.noColour === '')
  const columns = terminal.isTerminal ? (terminal.columns ?? columnsOfAPipe) : columnsOfAPipe
  return { ink: colours ? colourInk : plainInk, columns: Math.min(columnsMax, Math.max(columnsMin, columns)) }
}
