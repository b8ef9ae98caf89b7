/**
 * Gives events their hash, position and partition (ADR 0002), remembering what is the same for all
 * events of a project.
 */
import type { RecordRow, TapeRow } from '../log/record/contract.ts'
import type { EventTape } from '../log/record/tape.ts'
import type { Event } from '../schema/event.ts'
import { escapeForm, unpackInsertId } from '../schema/insert-id.ts'
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

  /** The same for an event of a tape. */
  placeOfTape(tape: EventTape, row: number): RecordRow | TapeRow {
    const event = tape.whole.get(row)
    if (event !== undefined) return this.place(event)
    const { seed, base, spread } = this.#placeOf(tape.project)
    const h = hashOf(tape, row, seed)
    return { tape, row, h, position: position(base, h, spread) }
  }

  /** Spreads of the projects of these rows, for the record that holds them. */
  spreads(rows: readonly (RecordRow | TapeRow)[]): ReadonlyMap<string, number> {
    const spreads = new Map<string, number>()
    let project: string | undefined
    for (const row of rows) {
      const next = row.tape === undefined ? row.event.project : row.tape.project
      if (next === project) continue
      project = next
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

/** Of the user, once for each; of the insert id where there is no user. */
function hashOf(tape: EventTape, row: number, seed: number): number {
  const code = tape.user[row]
  const known = tape.userHashes[code]
  if (known >= 0) return known
  const id = tape.values[code] as string
  if (id === '') return seededHash(seed, '', insertIdOf(tape, row))
  const h = seededHash(seed, id, '')
  tape.userHashes[code] = h
  return h
}

function insertIdOf({ insertIdBytes, insertIdForms, escapes }: EventTape, row: number): string {
  const form = insertIdForms[row]
  return form === escapeForm ? escapes.get(row)! : unpackInsertId(insertIdBytes, 16 * row, form)
}
