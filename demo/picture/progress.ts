/** Lines that change while something runs: the steps of a start, the progress of an import. */
import { barOf } from './blocks.ts'
import { grouped } from './numbers.ts'
import type { Style } from './style.ts'

export interface Step {
  readonly name: string
  readonly ready: boolean
}

/** A line for each step, in the order in which they began. */
export function stepsList({ ink }: Style, steps: readonly Step[]): string {
  return steps.map(({ name, ready }) => `  ${ready ? `${ink.good('✓')} ${name}` : ink.faint(`… ${name}`)}`).join('\n')
}

export interface Progress {
  readonly events: number
  /** 0 to 1. */
  readonly done: number
  readonly eventsPerSecond: number
}

const barColumns = 24

export function progressLine({ ink }: Style, { events, done, eventsPerSecond }: Progress): string {
  const blocks = barOf(done, barColumns)
  const bar = `${ink.bar(blocks)}${ink.faint('·'.repeat(barColumns - blocks.length))}`
  return `importing ${bar} ${`${Math.floor(done * 100)}`.padStart(3)} %  ${grouped(events)} events  ${grouped(Math.round(eventsPerSecond))}/s`
}
