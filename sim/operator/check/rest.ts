/**
 * OPR-2, counted where it is kept: once everything is as wanted, processes of the operator send no write but the Lease's.
 */
import { keyText } from '../../../operator/kube/object.ts'
import { nameOf } from '../api.ts'
import type { OperatorWorld } from '../world.ts'

export class Rest {
  /** Writes since `begin`, and the last ones of them, for messages. */
  sent = 0
  readonly #last: string[] = []
  readonly #world: OperatorWorld
  #sinceMs = 0

  constructor(world: OperatorWorld) {
    this.#world = world
    world.watchers.push({
      sent: (life, write) => {
        this.sent++
        this.#sinceMs = world.scheduler.elapsed
        this.#last.push(`${life} ${nameOf(write)} ${keyText(write.key)}`)
        if (this.#last.length > 5) this.#last.shift()
      },
    })
  }

  begin(): void {
    this.sent = 0
    this.#last.length = 0
    this.#sinceMs = this.#world.scheduler.elapsed
  }

  /** For how long nothing was sent. */
  get quietMs(): number {
    return this.#world.scheduler.elapsed - this.#sinceMs
  }

  get last(): string {
    return this.#last.join(', ')
  }
}
