/**
 * One seed, one history: start everything, let it run among faults until clients and queriers are done, then let
 * the world be healthy, and hold the end against the promises.
 */

import { BugError, UnavailableError } from '../common/errors/errors.ts'
import type { ReplicaHost } from '../dataplane/roles/replica/host.ts'
import { vectorText } from '../dataplane/shard/vector.ts'
import type { Query } from '../oracle/query.ts'
import { ask } from './actors/ask.ts'
import { runClients } from './actors/client.ts'
import { killNowAndThen, setClocksNowAndThen } from './actors/mischief.ts'
import { Operator } from './actors/operator.ts'
import { type Replicas, runQuerier } from './actors/querier.ts'
import { trimNowAndThen } from './actors/trimmer.ts'
import { type Answered, checkAnswer } from './check/answers.ts'
import { takeDump } from './check/dump.ts'
import { ManifestCheck } from './check/manifests.ts'
import { violated } from './check/violation.ts'
import type { Coverage } from './kernel/coverage.ts'
import { type LogService, logFolder, superviseLog } from './processes/log.ts'
import { type Replica, superviseReplica } from './processes/shard.ts'
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
  readonly #operator: Operator
  readonly #manifests: ManifestCheck

  constructor(world: World) {
    this.#world = world
    this.#log = superviseLog(world)
    this.#operator = new Operator(world)
    this.#shards = this.#operator.map.shards.map(({ id, replicas: named }) => {
      const replicas: Supervisor<Replica>[] = named.map(({ name }) =>
        superviseReplica(world, {
          ...{ shard: id, name, log: this.#log },
          map: () => this.#operator.fileOf(id, name),
          peers: () => replicas.filter((other) => other.name !== name),
        }),
      )
      for (const replica of replicas) this.#operator.add(replica.name, replica)
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
    this.#operator.handOverNowAndThen().catch(this.#world.fail)
    trimNowAndThen(this.#world, replicas, this.#log).catch(this.#world.fail)
    runClients(this.#world, this.#log).then(done, this.#world.fail)
    runQuerier(this.#world, replicas, () => this.#refresh()).then(done, this.#world.fail)
    const end = scheduler.steps + faultyStepsMax
    await this.#steps(() => working === 0 || scheduler.steps >= end)
    faults.stop()
    await this.#become('QRY-1', 'done with its requests and queries', () => working === 0)
    // A record of a request that was repeated may still come.
    for (let round = 0; round < 3; round++) {
      await this.#refresh()
      await this.#become('QRY-1', 'caught up with the log', () => this.#isCaughtUp())
    }
    await this.#become('QRY-1', 'at the newest routing map', () => this.#operator.isSettled)
    if (this.#world.audit.hasDefect) {
      await this.#become('AUD-1', 'audited up to the end', () => this.#isAudited() && this.#isCaughtUp())
    }
    await this.#checkEnd()
  }

  async #steps(isDone: () => boolean): Promise<void> {
    const { scheduler } = this.#world
    await scheduler.run(isDone, { stepsMax: healthyStepsMax, observe: () => this.#observe() })
  }

  /** A healthy world that does not get there has broken the promise. */
  async #become(promise: string, what: string, isSo: () => boolean): Promise<void> {
    try {
      await this.#steps(isSo)
    } catch (error) {
      if (!(error instanceof BugError)) throw error
      const replicas = this.#shards.flatMap(({ replicas }) => replicas.map(describeReplica))
      violated(promise, `a healthy world is not ${what}: ${replicas.join('; ')} (${error.message})`)
    }
  }

  async #observe(): Promise<void> {
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
        const host = current?.service.host
        const shard = host?.current
        if (shard === undefined || host?.status.state !== 'serving' || shard.pendingRows > 0) return false
        return shard.partitions.every((p) => shard.next(p) >= this.#world.ledger.end(p))
      }),
    )
  }

  /** Everything is cut, and every replica has compared it with the log. */
  #isAudited(): boolean {
    return this.#shards.every(({ replicas }) => {
      const hosts = replicas.map(({ current }) => current?.service.host)
      const versions = new Set(hosts.map((host) => host?.current?.manifest.version))
      return versions.size === 1 && hosts.every((host) => host !== undefined && this.#isAuditedAt(host))
    })
  }

  #isAuditedAt({ auditor, status, current: shard }: ReplicaHost): boolean {
    if (auditor.state !== 'audited' || status.state !== 'serving' || shard === undefined) return false
    return [...shard.manifest.offsets.next].every(([partition, next]) => next >= this.#world.ledger.end(partition))
  }

  async #checkEnd(): Promise<void> {
    const world = this.#world
    await this.#refresh()
    world.ledger.checkEvents()
    this.#manifests.checkEnd()
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

function describeReplica({ name, current }: Supervisor<Replica>): string {
  if (current === undefined) return `${name} is down`
  const { host, routing } = current.service
  const { state, reason } = host.status
  const at = host.current && `version ${host.current.manifest.version}, applied ${vectorText(host.current.applied)}`
  return `${name} is ${state} ${reason}, ${host.auditor.state}, ${at}, epoch ${routing.map.routingEpoch}`
}
