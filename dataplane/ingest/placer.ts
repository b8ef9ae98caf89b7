/**
 * Gives events their hash, position and partition (ADR 0002), remembering what is the same for all
 * events of a project.
 */
import type { RecordRow } from '../log/record/contract.ts'
import type { Event } from '../schema/event.ts'
import { position, projectBase, projectSeed, seededHash, spreadMax } from '../schema/placement.ts'

interface Place {
  readonly seed: number
  readonly base: number
  readonly spread: number
}

/** Projects remembered at once. */
const placesMax = 16_384

export class Placer {
  readonly #spreadOf: (project: string) => number
  readonly #places = new Map<string, Place>()
  #lastProject: string | undefined = undefined
  #last: Place = { seed: 0, base: 0, spread: 0 }

  /** `spreadOf` must not change its answers: another spread is another generation of the log. */
  constructor(spreadOf: (project: string) => number = () => spreadMax) {
    this.#spreadOf = spreadOf
  }

  place(event: Event): RecordRow {
    const { seed, base, spread } = this.#placeOf(event.project)
    const h = seededHash(seed, event.distinctId, event.insertId)
    return { event, h, position: position(base, h, spread) }
  }

  /** Spreads of the projects of these rows, for the record that holds them. */
  spreads(rows: readonly RecordRow[]): ReadonlyMap<string, number> {
    const spreads = new Map<string, number>()
    let project: string | undefined
    for (const { event } of rows) {
      if (event.project === project) continue
      project = event.project
      spreads.set(project, this.#placeOf(project).spread)
    }
    return spreads
  }

  #placeOf(project: string): Place {
    // Events come in requests of one project.
    if (project === this.#lastProject) return this.#last
    let place = this.#places.get(project)
    if (place === undefined) {
      place = { seed: projectSeed(project), base: projectBase(project), spread: this.#spreadOf(project) }
      if (this.#places.size === placesMax) this.#places.clear()
      this.#places.set(project, place)
    }
    this.#lastProject = project
    this.#last = place
    return place
  }
}
