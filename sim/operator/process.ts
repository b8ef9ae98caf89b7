/**
 * Processes of the operator: the real informers, controllers and election of each on simulated ports, put together as
 * `operator/main/run.ts` does, and started again after they died, as a Deployment would.
 */
import { MemoryApi } from '../../devcluster/api/memory-api.ts'
import { Election } from '../../operator/kube/lease/election.ts'
import type { Leadership } from '../../operator/kube/lease/leadership.ts'
import type { RuntimeMetrics } from '../../operator/kube/metrics.ts'
import { Operator } from '../../operator/reconcile/operator.ts'
import { Life } from '../kernel/life.ts'
import { ProcessClock } from '../ports/clock.ts'
import { ProcessApi } from './api.ts'
import { ProcessPlane } from './plane.ts'
import { leaseKey, type OperatorWorld, startMs } from './world.ts'

export const operatorImage = 'anabranch:1'

export class OperatorProcess {
  readonly name: string
  readonly #world: OperatorWorld
  #life: Life | undefined
  #stop: AbortController | undefined
  #leadership: Leadership | undefined
  #count = 0

  constructor(world: OperatorWorld, name: string) {
    this.#world = world
    this.name = name
    world.onDeath((life) => {
      if (life === this.#life) void this.start()
    })
  }

  get life(): Life | undefined {
    return this.#life?.alive ? this.#life : undefined
  }

  get leads(): boolean {
    return this.life !== undefined && this.#leadership?.holds === true
  }

  /** After a little while. */
  async start(): Promise<void> {
    const { scheduler, random } = this.#world
    await scheduler.pass(undefined, `start ${this.name}`, { ms: 100 + random.below(3_000) })
    const life = new Life(this.name, 'operator', ++this.#count)
    life.isOpening = () => false
    this.#life = life
    this.#run(life).catch((error: unknown) => life.alive && this.#world.fail(error))
  }

  /** As SIGTERM: it gives the lease back and ends. */
  end(): void {
    this.#stop?.abort(new Error('got SIGTERM'))
  }

  async #run(life: Life): Promise<void> {
    const world = this.#world
    const { machinery, scheduler, seams } = world
    const random = world.random.fork()
    const stop = new AbortController()
    this.#stop = stop
    this.#leadership = undefined
    // Clocks of machines differ by a little.
    const clock = new ProcessClock(scheduler, life, startMs + random.below(400) - 200)
    const memory = new MemoryApi({ machinery, clock })
    const logger = world.logger(life)
    const plainApi = new ProcessApi({ world, life, memory, beforeWrite: () => this.#leadership?.check() })
    const plainPlane = new ProcessPlane(world, life)
    const operator = new Operator({
      ...{ clock, random, logger, metrics: noMetrics, instance: `${life}` },
      api: seams.api?.(plainApi) ?? plainApi,
      plane: seams.plane?.(plainPlane) ?? plainPlane,
      vetoed: (act, veto) => world.state(`veto: ${act} ${veto}`),
      operator: { version: '1', image: operatorImage },
      sawTerm: (term) => election.sawTerm(term),
    })
    const election = new Election({
      ...{ clock, random, logger, lease: leaseKey, identity: `${life}` },
      api: new ProcessApi({ world, life, memory, isElection: true }),
    })
    const following = operator.follow(stop.signal)
    await election.run(async (one) => {
      this.#leadership = one
      world.state('takeover')
      await operator.lead(one, stop.signal)
    }, stop.signal)
    await following
    world.crash(life)
  }
}

const none = () => {}
const noMetrics: RuntimeMetrics = {
  queue: () => ({ bind: none, added: none, retried: none, waited: none, worked: none }),
  controller: () => ({ started: none, begun: none, ended: none }),
  request: none,
  reflector: none,
  write: none,
  event: none,
  leading: none,
  stores: none,
}
