/**
 * One seed, one history: start everything, let it run among faults until clients and queriers are done, then let
 * the world be healthy, and hold the end against the promises.
 */

import { UnavailableError } from '../common/errors/errors.ts'
import type { Query } from '../oracle/query.ts'
import { ask } from './actors/ask.ts'
import { runClients } from './actors/client.ts'
import { killNowAndThen, setClocksNowAndThen } from './actors/mischief.ts'
import { type Replicas, runQuerier } from './actors/querier.ts'
import { trimNowAndThen } from './actors/trimmer.ts'
import { type Answered, checkAnswer } from './check/answers.ts'
import { takeDump } from './check/dump.ts'
import { ManifestCheck } from './check/manifests.ts'
import { violated } from './check/violation.ts'
import type { Coverage } from './kernel/coverage.ts'
import { type LogService, logFolder, superviseLog } from './processes/log.ts'
import { superviseReplica } from './processes/shard.ts'
import type { Supervisor } from './processes/supervisor.ts'
import { projects } from './workload/events.ts'
import { totalQuery } from './workload/queries.ts'
import { World, type WorldOptions } from './world.ts'

export interface History {
  readonly seed: number
  readonly crashAt: readonly string[]
  /** Hash of everything that happened. */
  readonly trace: string
  readonly steps: number
  readonly coverage: Coverage
  /** What broke; `undefined`: nothing. */
  readonly failure: Error | undefined
  /** The last lines of the trace. */
  readonly tail: readonly string[]
}

/** Steps among faults, and steps that a healthy world gets to catch up: far more than it needs. */
const faultyStepsMax = 1_200
const healthyStepsMax = 20_000
const endAttemptsMax = 3

export async function runHistory(seed: number, options: WorldOptions = {}): Promise<History> {
  const world = new World(seed, options)
  const restore = options.seams?.patch?.()
  let failure: unknown
  try {
    await new Run(world).toTheEnd()
  } catch (error) {
    failure = error
  } finally {
    restore?.()
  }
  const { trace, coverage, scheduler } = world
  if (failure !== undefined && !(failure instanceof Error)) failure = new Error(String(failure))
  return {
    seed,
    crashAt: options.crashAt ?? [],
    trace: trace.hash,
    steps: scheduler.steps,
    coverage,
    failure: failure as Error | undefined,
    tail: trace.tail,
  }
}

class Run {
  readonly #world: World
  readonly #log: Supervisor<LogService>
  readonly #shards: readonly { readonly id: string; readonly replicas: Replicas }[]
  readonly #manifests: ManifestCheck

  constructor(world: World) {
    this.#world = world
    this.#log = superviseLog(world)
    const bounds = [0, ...world.plan.bounds, 2 ** 32]
    this.#shards = bounds.slice(1).map((end, i) => {
      const ring = { start: bounds[i]!, end }
      const id = `s${i}`
      const replicas = ['a', 'b'].map((letter) => {
        const isPrimary = letter === 'a' || !world.plan.hasFollowers
        return superviseReplica(world, { shard: id, ring, name: `${id}${letter}`, isPrimary }, this.#log)
      })
      return { id, replicas }
    })
    this.#manifests = new ManifestCheck(world, {
      shards: this.#shards.map(({ id }) => id),
      refresh: () => this.#refresh(),
    })
  }

  async toTheEnd(): Promise<void> {
    const { scheduler, faults } = this.#world
    let working = 2
    const done = () => {
      working--
    }
    const replicas = this.#shards.map((shard) => shard.replicas)
    const processes = [this.#log, ...replicas.flat()]
    setClocksNowAndThen(this.#world, processes).catch(this.#world.fail)
    killNowAndThen(this.#world, processes).catch(this.#world.fail)
    trimNowAndThen(this.#world, replicas, this.#log).catch(this.#world.fail)
    runClients(this.#world, this.#log).then(done, this.#world.fail)
    runQuerier(this.#world, replicas, () => this.#refresh()).then(done, this.#world.fail)
    const end = scheduler.steps + faultyStepsMax
    await this.#steps(() => working === 0 || scheduler.steps >= end)
    faults.stop()
    await this.#steps(() => working === 0)
    // A record of a request that was repeated may still come.
    for (let round = 0; round < 3; round++) {
      await this.#refresh()
      await this.#steps(() => this.#isCaughtUp())
    }
    await this.#checkEnd()
  }

  async #steps(isDone: () => boolean): Promise<void> {
    const { scheduler } = this.#world
    await scheduler.run(isDone, { stepsMax: healthyStepsMax, observe: () => this.#observe() })
  }

  async #observe(): Promise<void> {
    // A healthy world has one log process: whoever still waits for a replaced one is told that it is gone.
    if (this.#world.faults.isStopped) this.#log.endReplaced()
    await this.#manifests.look()
    if (this.#world.failure !== undefined) throw this.#world.failure
  }

  /** Takes a dump of the log as its disk has it now. */
  async #refresh(): Promise<void> {
    const { ledger, machine } = this.#world
    await takeDump(ledger, machine.disk, logFolder)
  }

  #isCaughtUp(): boolean {
    return this.#shards.every(({ replicas }) =>
      replicas.every(({ current }) => {
        if (current === undefined) return false
        const { shard } = current.service
        return shard.pendingRows === 0 && shard.partitions.every((p) => shard.next(p) >= this.#world.ledger.end(p))
      }),
    )
  }

  async #checkEnd(): Promise<void> {
    const world = this.#world
    await this.#refresh()
    world.ledger.checkEvents()
    for (const which of [0, 1]) {
      for (const query of projects.map(totalQuery)) await this.#askAtEnd(which, query)
    }
  }

  /** Asks until there is an answer: the crash that a seed is run for may fall as late as this. */
  async #askAtEnd(which: number, query: Query): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      await this.#steps(() => this.#isCaughtUp())
      const running = this.#shards.map(({ replicas }) => replicas[which]!.current!)
      const outcome: { answered?: Answered; error?: unknown } = {}
      ask(this.#world, running, { query }).then(
        (answered) => Object.assign(outcome, { answered }),
        (error) => Object.assign(outcome, { error }),
      )
      await this.#steps(() => outcome.answered !== undefined || outcome.error !== undefined)
      if (outcome.answered !== undefined) return this.#checkFresh(outcome.answered)
      if (!(outcome.error instanceof UnavailableError) || attempts === endAttemptsMax) throw outcome.error
    }
  }

  #checkFresh(answered: Answered): void {
    const { ledger } = this.#world
    checkAnswer(answered, ledger.before(answered.at.next))
    for (const [partition, next] of answered.at.next) {
      if (next < ledger.end(partition)) violated('ING-1', `${answered.from} does not reach the log's end`)
    }
  }
}
