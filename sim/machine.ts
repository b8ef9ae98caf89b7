/** The machine that the log process runs on: its disk outlives processes, and loses what a power cut loses. */

import { SimulatedDisk } from './disk/disk.ts'
import type { FaultPlan } from './disk/faults.ts'
import type { Plan } from './plan.ts'

export class Machine {
  powerCuts = 0
  #disk: SimulatedDisk
  readonly #options: { readonly plan: FaultPlan; readonly shortReads: number }

  constructor(plan: Plan, { seed, fault }: { seed: number; fault: FaultPlan }) {
    this.#options = { plan: fault, shortReads: plan.disk.shortReads }
    this.#disk = new SimulatedDisk({ ...this.#options, seed })
  }

  get disk(): SimulatedDisk {
    return this.#disk
  }

  /** Every process on the machine must have ended. */
  powerCut(): void {
    this.powerCuts++
    this.#disk = this.#disk.crash({ ...this.#options, power: 'cut' })
  }
}
