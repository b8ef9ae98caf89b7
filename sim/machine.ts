/** The machine that the log process runs on: its disk outlives the process, and loses what a power cut loses. */

import { SimulatedDisk } from './disk/disk.ts'
import type { Faults } from './faults.ts'
import type { Plan } from './plan.ts'

export class Machine {
  #disk: SimulatedDisk
  readonly #options: { readonly plan: Faults['disk']; readonly shortReads: number }

  constructor(plan: Plan, seed: number, faults: Faults) {
    this.#options = { plan: (step) => faults.disk(step), shortReads: plan.disk.shortReads }
    this.#disk = new SimulatedDisk({ ...this.#options, seed })
  }

  get disk(): SimulatedDisk {
    return this.#disk
  }

  /** Every process on the machine must have ended. */
  powerCut(): void {
    this.#disk = this.#disk.crash({ ...this.#options, power: 'cut' })
  }
}
