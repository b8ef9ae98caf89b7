/**
 * The judge: the same events go to the oracle, and each answer of the cluster is held against its answer (QRY-1).
 *
 * Given the lines that the cluster took, in their order. For retention a user's events at the same ms and under the same
 * name lie in that order, as in the log; for copies the first one counts, as in the log (DED-1).
 *
 * Does not: ask the cluster, or share any code with it.
 */
import { answerLinear, markDuplicatesLinear } from '../../oracle/answer.ts'
import type { LoggedEvent, StoredEvent } from '../../oracle/event.ts'
import type { Query, Result } from '../../oracle/query.ts'
import { type Profile, profileOf } from '../questions/profile.ts'
import { storedEvent } from './stored.ts'

export class Judge {
  readonly #project: string
  #logged: LoggedEvent[] = []
  #stored: readonly StoredEvent[] | undefined

  constructor(project: string) {
    this.#project = project
  }

  take(lines: readonly string[]): void {
    for (const line of lines) {
      const position = { partition: 0, offset: this.#logged.length, index: 0 }
      this.#logged.push({ ...storedEvent(line, this.#project), position })
    }
    this.#stored = undefined
  }

  /** Events that count: copies are left out. */
  visible(): number {
    return this.#events().reduce((count, event) => (event.duplicate ? count : count + 1), 0)
  }

  /** What questions can be made of. */
  profile(): Profile {
    return profileOf(this.#events().filter(({ duplicate }) => !duplicate))
  }

  answer(query: Query): Result {
    return answerLinear(this.#events(), query)
  }

  #events(): readonly StoredEvent[] {
    if (this.#stored === undefined) {
      const stored = markDuplicatesLinear(this.#logged)
      this.#stored = stored
      // The marked ones are logged ones too: one copy of all events in memory, not two.
      this.#logged = stored
    }
    return this.#stored
  }
}
