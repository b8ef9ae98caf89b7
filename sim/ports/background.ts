/** Work off the serving thread: the real task, between two awaits at which the rest of the world moves on. */
import type { Background, BackgroundTask } from '../../dataplane/core/ports.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'

export type Tasks = { readonly [task in BackgroundTask]: (input: never) => unknown }

export class ProcessBackground implements Background {
  readonly #scheduler: Scheduler
  readonly #life: Life
  readonly #tasks: Tasks

  constructor(scheduler: Scheduler, life: Life, tasks: Tasks) {
    this.#scheduler = scheduler
    this.#life = life
    this.#tasks = tasks
  }

  async run<Output>(task: BackgroundTask, input: unknown): Promise<Output> {
    await this.#scheduler.pass(this.#life, `background ${task} start`)
    const output = await this.#tasks[task](input as never)
    await this.#scheduler.pass(this.#life, `background ${task} end`)
    return output as Output
  }
}
