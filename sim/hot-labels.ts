/**
 * Where processes die: at labels that the plan's salt makes hot, each at the first to third time that it is reached, and at labels that are
 * asked for by name. One for all kinds of worlds, so that a seed means the same in each.
 *
 * Does not: know what a label is, or trace; the world that dies says so.
 */
import { xxh32String } from '../common/hash/xxh32.ts'

export interface HotPlan {
  /** One label in so many is hot; 0: none. */
  readonly hotOneIn: number
  readonly hotSalt: number
  /** Deaths at hot labels in one history, those that were asked for not counted. */
  readonly crashesMax: number
}

const hotTimes = 3

export class HotLabels {
  readonly #plan: HotPlan
  readonly #asked: string[]
  readonly #reached = new Map<string, number>()
  #crashes = 0

  /** `asked`: labels at which, one after the other, a crash comes for certain. */
  constructor(plan: HotPlan, asked: readonly string[] = []) {
    this.#plan = plan
    this.#asked = [...asked]
  }

  /** Whether who waits at the label dies there. `isCalm`: only where it was asked for. */
  isCrash(name: string, isCalm: boolean): boolean {
    if (name === this.#asked[0]) {
      this.#asked.shift()
      return true
    }
    const { hotOneIn, hotSalt, crashesMax } = this.#plan
    if (isCalm || hotOneIn === 0 || this.#crashes >= crashesMax) return false
    const hash = xxh32String(name, hotSalt)
    if (hash % hotOneIn !== 0) return false
    const reached = (this.#reached.get(name) ?? 0) + 1
    this.#reached.set(name, reached)
    if (reached !== 1 + ((hash >>> 8) % hotTimes)) return false
    this.#crashes++
    return true
  }
}
