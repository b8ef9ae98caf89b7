/**
 * The pods as one operator process reaches them: questions that nobody answers, commands that get lost, or arrive after their
 * sender gave up or died. The pods themselves are `cluster/plane.ts`.
 */
import { unavailable } from '../../common/errors/errors.ts'
import type { DataPlane, PodAt } from '../../operator/admin/port.ts'
import type { Push } from '../../operator/plan/action.ts'
import type { PodEvidence } from '../../operator/plan/evidence.ts'
import type { Life } from '../kernel/life.ts'
import { clientTimeoutMs } from './faults.ts'
import type { OperatorWorld } from './world.ts'

export class ProcessPlane implements DataPlane {
  readonly #world: OperatorWorld
  readonly #life: Life

  constructor(world: OperatorWorld, life: Life) {
    this.#world = world
    this.#life = life
  }

  async status(pod: PodAt): Promise<PodEvidence | undefined> {
    const { scheduler, faults, plane } = this.#world
    await scheduler.pass(this.#life, 'pod status')
    return faults.isPodSilent() ? undefined : plane.status(pod)
  }

  async push(push: Push, leaderTerm: number): Promise<void> {
    const { scheduler, faults } = this.#world
    const name = `push ${push.what}`
    await scheduler.pass(this.#life, `${name} before`)
    if (faults.isCommandLost()) unavailable('REPLICA_NOT_READY', `simulated: ${name} was lost`)
    const ms = faults.commandLateMs()
    const arrived = this.#arrive(push, leaderTerm, ms)
    arrived.catch(() => {})
    if (ms > clientTimeoutMs) {
      await scheduler.pass(this.#life, `${name} unanswered`, { ms: clientTimeoutMs })
      return unavailable('REPLICA_NOT_READY', `simulated: the answer to ${name} was lost`)
    }
    await arrived
    await scheduler.pass(this.#life, `${name} after`)
  }

  async #arrive(push: Push, leaderTerm: number, ms: number): Promise<void> {
    const { scheduler, plane } = this.#world
    await scheduler.pass(this.#life, `push ${push.what} arrives`, { ms, outlives: true })
    await plane.push(push, leaderTerm)
  }
}
