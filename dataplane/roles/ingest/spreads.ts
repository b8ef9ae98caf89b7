/**
 * The spread of each project as this process first knew it.
 *
 * Another spread moves a project's users to other partitions, so it is another generation of the log:
 * a table that merely says so must not change where events go.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { ProjectAccess } from '../../access/table.ts'

export class Spreads {
  readonly #spreads = new Map<string, number>()

  /** Before the first event of a project is placed. */
  learn({ id, spread }: ProjectAccess): void {
    if (!this.#spreads.has(id)) this.#spreads.set(id, spread)
  }

  of(project: string): number {
    return this.#spreads.get(project) ?? bug(`project ${project}: its spread is asked for before it is known`)
  }
}
