/**
 * A user's funnel level with grace: a step may lie up to `graceMs` before the step ahead of it.
 *
 * Where each event matches one step, the earliest event that may follow is always best. Where events
 * match several, a chain of different events is searched for, depth first, earliest events first: at
 * a step with `r` steps to go (itself included), more than `r` candidates are never needed, since
 * the later steps can take at most `r - 1` of the first `r`, and an earlier event can replace a later
 * one. A bound that lets events be used again cuts the search where it is hopeless.
 */
import { tooLarge } from '../context.ts'
import type { ChainRules } from './chain.ts'

export interface GraceRules extends ChainRules {
  readonly graceMs: number
}

/** Steps of a search for one user; far beyond what real events need, so that no query hangs. */
const searchStepsMax = 1_000_000

export class GraceLevels {
  readonly #rules: GraceRules
  readonly #scale: number
  /** Per step: times of the events that match it, ascending, and which event each is. */
  readonly #times: number[][]
  readonly #events: number[][]
  #masks: number[] = []
  readonly #chain: number[] = []
  #searched = 0
  readonly #dead = new Set<string>()

  constructor(rules: GraceRules) {
    this.#rules = rules
    this.#scale = 2 ** rules.steps
    this.#times = Array.from({ length: rules.steps }, () => [])
    this.#events = Array.from({ length: rules.steps }, () => [])
  }

  /** Level of the marks `[from, to)` (see `chain.ts`). Throws `QUERY_TOO_LARGE` when the search does not end in time. */
  level(marks: Float64Array, from: number, to: number): number {
    const { steps, entry, windowMs } = this.#rules
    const single = this.#read(marks, from, to)
    this.#searched = 0
    const entries = this.#times[0]!
    let level = 0
    for (let i = 0; i < entries.length && level < steps; i++) {
      const time = entries[i]!
      if (entry === 'first' && time !== entries[0]) break
      const limit = time + windowMs
      const bound = this.#reach(1, time, limit)
      if (single) level = Math.max(level, bound)
      else {
        for (let wanted = bound; wanted > level; wanted--) {
          this.#chain.length = 0
          this.#chain.push(this.#events[0]![i]!)
          this.#dead.clear()
          if (this.#search(1, time, { wanted, limit })) level = wanted
        }
      }
    }
    return level
  }

  /** Sorts the marks by step; true when each event matches one. */
  #read(marks: Float64Array, from: number, to: number): boolean {
    for (let step = 0; step < this.#rules.steps; step++) {
      this.#times[step]!.length = 0
      this.#events[step]!.length = 0
    }
    this.#masks = []
    let single = true
    for (let i = from; i < to; i++) {
      const time = Math.floor(marks[i]! / this.#scale)
      const mask = marks[i]! - time * this.#scale
      if ((mask & (mask - 1)) !== 0) single = false
      this.#masks.push(mask)
      for (let step = 0; step < this.#rules.steps; step++) {
        if ((mask >>> step) % 2 === 0) continue
        this.#times[step]!.push(time)
        this.#events[step]!.push(i - from)
      }
    }
    return single
  }

  /** Length of the longest chain that goes on from `step` steps, the last at `time`, if an event could be used twice. */
  #reach(step: number, time: number, limit: number): number {
    let at = time
    for (let next = step; next < this.#rules.steps; next++) {
      const times = this.#times[next]!
      const found = times[this.#firstFrom(times, at - this.#rules.graceMs)]
      if (found === undefined || found > limit) return next
      at = found
    }
    return this.#rules.steps
  }

  /** Whether the chain so far, of `step` events, the last at `time`, can reach the wanted length. */
  #search(step: number, time: number, goal: { wanted: number; limit: number }): boolean {
    if (step === goal.wanted) return true
    if (this.#reach(step, time, goal.limit) < goal.wanted) return false
    const state = `${this.#chain.at(-1)} ${[...this.#chain].sort((a, b) => a - b)}`
    if (this.#dead.has(state)) return false
    if (++this.#searched > searchStepsMax)
      tooLarge('steps of the search for a funnel with grace', this.#searched, searchStepsMax)
    const times = this.#times[step]!
    const events = this.#events[step]!
    let left = goal.wanted - step
    let [triedTime, triedMask] = [Number.NaN, 0]
    for (let i = this.#firstFrom(times, time - this.#rules.graceMs); i < times.length && left > 0; i++) {
      if (times[i]! > goal.limit) break
      const event = events[i]!
      if (this.#chain.includes(event)) continue
      left--
      // An event like the one just tried would fail like it.
      if (times[i] === triedTime && this.#masks[event] === triedMask) continue
      this.#chain.push(event)
      if (this.#search(step + 1, times[i]!, goal)) return true
      this.#chain.pop()
      triedTime = times[i]!
      triedMask = this.#masks[event]!
    }
    this.#dead.add(state)
    return false
  }

  #firstFrom(times: readonly number[], time: number): number {
    let [low, high] = [0, times.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (times[middle]! < time) low = middle + 1
      else high = middle
    }
    return low
  }
}
