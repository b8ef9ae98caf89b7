/**
 * Keeps one process running: starts it, and starts it again after it ended, as a cluster would. What a process may fail
 * with (the store or the log are away) is distinguished from what it must never meet.
 */
import { UnavailableError } from '../../common/errors/errors.ts'
import { Life } from '../kernel/life.ts'
import type { World } from '../world.ts'

export interface Running<Service> {
  readonly life: Life
  readonly service: Service
}

export interface Program<Service> {
  readonly name: string
  readonly kind: string
  /** Starts: reads what outlived the former life. */
  readonly open: (life: Life) => Promise<Service>
  /** While what it was started for does not run yet; once it is open, by default. */
  readonly isOpening?: (service: Service) => boolean
  /** Runs until the process should end. Resolves with `replaced` when a new life begins beside this one. */
  readonly serve: (service: Service, life: Life) => Promise<'ended' | 'replaced'>
}

export class Supervisor<Service> {
  readonly name: string
  readonly #world: World
  readonly #program: Program<Service>
  readonly #running = new Set<Running<Service>>()
  readonly #lives = new Set<Life>()
  #current: Running<Service> | undefined
  #count = 0

  constructor(world: World, program: Program<Service>) {
    this.name = program.name
    this.#world = world
    this.#program = program
    void this.#keepRunning()
  }

  /** The newest life that serves. */
  get current(): Running<Service> | undefined {
    return this.#current?.life.alive ? this.#current : undefined
  }

  /** Every life that serves, replaced ones too. */
  get all(): readonly Running<Service>[] {
    return [...this.#running].filter(({ life }) => life.alive)
  }

  /** Every life that has begun and not ended, whether it serves yet or not. */
  get lives(): readonly Life[] {
    return [...this.#lives].filter(({ alive }) => alive)
  }

  async #keepRunning(): Promise<void> {
    const { name, kind, open, serve, isOpening } = this.#program
    const { scheduler, random, fail } = this.#world
    for (;;) {
      await scheduler.pass(undefined, `start ${name}`, { ms: random.below(1_000) })
      const life = new Life(name, kind, ++this.#count)
      this.#lives.add(life)
      let end: 'ended' | 'replaced' = 'ended'
      try {
        end = await life.call('LOG_UNAVAILABLE', async () => {
          const service = await open(life)
          life.isOpening = isOpening === undefined ? () => false : () => isOpening(service)
          this.#current = { life, service }
          this.#running.add(this.#current)
          return serve(service, life)
        })
      } catch (error) {
        if (!(error instanceof UnavailableError)) fail(error)
      }
      if (end === 'ended' && life.alive) scheduler.crash(life)
    }
  }
}
