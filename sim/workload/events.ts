/**
 * Events in which ties and copies dominate: few projects, users, names and ids, times within a few ms of three
 * instants on two days. Each carries a number of its own, so that showing the wrong one of two copies changes sums.
 */
import type { Event } from '../../dataplane/schema/event.ts'
import { emptyProperties } from '../../dataplane/schema/properties.ts'
import type { Value } from '../../dataplane/schema/value.ts'
import type { SeededRandom } from '../random.ts'

export const projects = ['p', 'q'] as const
export const names = ['A', 'B', 'C'] as const
const users = ['u0', 'u1', 'u2', 'u3', ''] as const
const uuids = ['0fd0b7a6-54e9-4d5b-a3f1-3b1d1c0a9e11', '0fd0b7a6-54e9-4d5b-a3f1-3b1d1c0a9e12'] as const

/** Where the wall clocks begin: 2026-01-02, some ms after midnight UTC. */
export const startWall = 1_767_312_000_000 + 7_200_000

/** Times lie from here, inclusive, */
export const timesFrom = startWall - 86_400_000
/** to here, exclusive. */
export const timesTo = startWall + 60_000

export class EventSource {
  readonly #random: SeededRandom
  readonly #made: Event[] = []

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** A request: some new events, some sent before, some that differ from those in everything but their key. */
  request(): Event[] {
    return Array.from({ length: 1 + this.#random.below(4) }, () => this.#event())
  }

  #event(): Event {
    const random = this.#random
    if (this.#made.length > 0 && random.chance(0.25)) return random.pick(this.#made)
    const like = this.#made.length > 0 && random.chance(0.2) ? random.pick(this.#made) : undefined
    const n = this.#made.length
    const properties = emptyProperties() as Record<string, Value>
    properties.n = n
    if (random.chance(0.5)) properties.s = random.pick(['x', 'y', 7, null])
    const event: Event = {
      project: like?.project ?? random.pick(projects),
      event: like?.event ?? random.pick(names),
      distinctId: like?.distinctId ?? random.pick(users),
      time: random.pick([timesFrom, startWall, startWall + 50]) + random.below(8),
      insertId: like?.insertId ?? random.pick([...uuids, 'i0', 'i1', 'i2', `n${n}`]),
      properties,
    }
    this.#made.push(event)
    return event
  }
}
