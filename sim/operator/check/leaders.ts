/**
 * One leader: nothing is sent by a process while the Lease is another's, terms and epochs only rise, no pod obeys a lower term
 * than it has obeyed, and no two maps have one epoch.
 */
import type { Change } from '../../../devcluster/api/storage.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { routingKey } from '../../../operator/render/routing.ts'
import type { Life } from '../../kernel/life.ts'
import { nameOf, type Write } from '../api.ts'
import { mapOf, type SimulatedProcess } from '../cluster/plane.ts'
import { leaseKey, type OperatorWorld } from '../world.ts'

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseTransitions?: number
}

export class Leaders {
  readonly #world: OperatorWorld
  /** Highest epoch by id of the data, and the map that has it. */
  readonly #epochs = new Map<string, { readonly epoch: number; readonly text: string }>()
  readonly #obeyed = new WeakMap<SimulatedProcess, { term: number; epoch: number }>()
  #term = 0

  constructor(world: OperatorWorld) {
    this.#world = world
    world.watchers.push({ sent: (life, write) => this.#sent(life, write) })
    world.machinery.storage.listen((change) => this.#look(change))
  }

  /** The data was destroyed, as was wanted: what comes now is new. */
  forget(): void {
    this.#epochs.clear()
  }

  /** After each step. */
  observe(): void {
    for (const program of this.#world.plane.processes.values()) {
      const epoch = program.map === '' ? 0 : mapOf(program).routingEpoch
      const before = this.#obeyed.get(program)
      if (before === undefined) this.#obeyed.set(program, { term: program.leaderTerm, epoch })
      else this.#rises(program, before, epoch)
    }
  }

  #rises(program: SimulatedProcess, before: { term: number; epoch: number }, epoch: number): void {
    if (program.leaderTerm < before.term) {
      this.#world.broken('OPR-1', `pod ${program.pod} obeyed term ${program.leaderTerm} after term ${before.term}`)
    }
    if (epoch < before.epoch) {
      this.#world.broken('RSH-1', `pod ${program.pod} went from the map of epoch ${before.epoch} back to ${epoch}`)
    }
    before.term = program.leaderTerm
    before.epoch = epoch
  }

  #sent(life: Life, write: Write): void {
    const spec = this.#world.machinery.get(resources.leases, leaseKey)?.spec as LeaseSpec | undefined
    if (spec?.holderIdentity === `${life}`) return
    const holder = spec?.holderIdentity || 'nobody'
    this.#world.broken('OPR-1', `${life} sent ${nameOf(write)} ${write.key.name} while the Lease is ${holder}'s`)
  }

  #look({ after }: Change): void {
    if (after?.kind === 'Lease') this.#leads(after)
    if (after?.kind === 'ConfigMap') this.#routes(after)
  }

  #leads({ spec }: KubeObject): void {
    const { leaseTransitions = 0 } = spec as LeaseSpec
    if (leaseTransitions < this.#term) {
      this.#world.broken('OPR-1', `the Lease went from term ${this.#term} back to ${leaseTransitions}`)
    }
    this.#term = leaseTransitions
  }

  #routes({ metadata, data }: KubeObject): void {
    const text = (data as Readonly<Record<string, string>> | undefined)?.[routingKey]
    const id = metadata.labels?.[labelNames.data]
    if (text === undefined || id === undefined) return
    const epoch = mapOf({ map: text }).routingEpoch
    const before = this.#epochs.get(id)
    if (before !== undefined && (epoch < before.epoch || (epoch === before.epoch && text !== before.text))) {
      this.#world.broken('RSH-1', `the map of epoch ${epoch} came after another one of epoch ${before.epoch}`)
    }
    this.#epochs.set(id, { epoch, text })
  }
}
