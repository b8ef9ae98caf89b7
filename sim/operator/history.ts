/**
 * One seed, one history of the operator: people want things among faults, then the world is healthy, and must come to what
 * is wanted and to rest.
 */
import { bug } from '../../common/errors/errors.ts'
import { type ReconciledKind, reconciledKinds } from '../../operator/reconcile/kinds.ts'
import { violated } from '../check/violation.ts'
import type { Coverage } from '../kernel/coverage.ts'
import { DataActor } from './actors/data.ts'
import { Mischief } from './actors/mischief.ts'
import { NodesActor } from './actors/nodes.ts'
import { comeToReason, wishNowAndThen } from './actors/wishes.ts'
import { Belongings } from './check/belongings.ts'
import { Copies } from './check/copies.ts'
import { Deletions } from './check/deletions.ts'
import { End } from './check/end.ts'
import { Leaders } from './check/leaders.ts'
import { Rest } from './check/rest.ts'
import { People } from './people.ts'
import { OperatorProcess } from './process.ts'
import type { Seams } from './seams.ts'
import { OperatorWorld, type WorldOptions } from './world.ts'

export interface OperatorHistory {
  readonly seed: number
  readonly crashAt: readonly string[]
  readonly trace: string
  readonly steps: number
  readonly coverage: Coverage
  /** What broke; `undefined`: nothing. */
  readonly failure: Error | undefined
  readonly tail: readonly string[]
}

/** Steps of one wait, far more than it needs. */
const stepsMax = 60_000
/** Faults go on for so long at most; then what is wanted has so long to come true. */
const faultyMs = 90_000
const healthyMs = 600_000
const restlessMs = 200_000
/** Longer than the operator's resync, and than a lease. */
const restMs = 40_000

export async function runOperatorHistory(seed: number, options: WorldOptions = {}): Promise<OperatorHistory> {
  const world = new OperatorWorld(seed, options)
  const restore = plant(options.seams ?? {})
  options.seams?.pods?.(world.plane)
  let failure: unknown
  try {
    await new Run(world).toTheEnd()
  } catch (error) {
    failure = error
  } finally {
    restore()
  }
  if (failure !== undefined && !(failure instanceof Error)) failure = new Error(String(failure))
  return {
    seed,
    crashAt: options.crashAt ?? [],
    trace: world.trace.hash,
    steps: world.scheduler.steps,
    coverage: world.coverage,
    failure: failure as Error | undefined,
    tail: world.trace.tail,
  }
}

/** Changes decisions and classes; gives the way back. */
function plant({ decide = {}, patch }: Seams): () => void {
  const former = reconciledKinds.map((kind) => kind.decide)
  for (const kind of reconciledKinds as Mutable[]) {
    const change = decide[kind.resource.kind as keyof typeof decide]
    if (change !== undefined) kind.decide = change(kind.decide as never) as never
  }
  const restore = patch?.()
  return () => {
    restore?.()
    for (const [index, kind] of (reconciledKinds as Mutable[]).entries()) kind.decide = former[index]!
  }
}

type Mutable = { -readonly [field in keyof ReconciledKind]: ReconciledKind[field] }

class Run {
  readonly #world: OperatorWorld
  readonly #people: People
  readonly #nodes: NodesActor
  readonly #mischief: Mischief
  readonly #data: DataActor
  readonly #operators: readonly OperatorProcess[]
  readonly #observed: readonly { observe(): void }[]
  readonly #belongings: Belongings
  readonly #end: End
  readonly #rest: Rest

  constructor(world: OperatorWorld) {
    this.#world = world
    this.#people = new People(world)
    this.#nodes = new NodesActor(world)
    this.#mischief = new Mischief(world, () => this.#nodes.wake())
    this.#belongings = new Belongings(world, this.#people)
    this.#data = new DataActor(world, new Copies(world, this.#people))
    const leaders = new Leaders(world)
    this.#people.onDestroyed(() => {
      world.isDataLost = false
      leaders.forget()
      this.#belongings.forget()
      this.#data.forget()
    })
    this.#observed = [new Deletions(world), leaders]
    this.#end = new End(world, this.#people)
    this.#rest = new Rest(world)
    const names = ['operator-a', 'operator-b'].slice(0, world.plan.processes)
    this.#operators = names.map((name) => new OperatorProcess(world, name))
  }

  async toTheEnd(): Promise<void> {
    const { fail, faults, plan } = this.#world
    await this.#people.applyAll()
    this.#nodes.run().catch(fail)
    this.#data.run().catch(fail)
    for (const operator of this.#operators) operator.start().catch(fail)
    if (plan.begins === 'serving') await this.#come('at the beginning')
    faults.begin()
    this.#mischief.run(this.#operators).catch(fail)
    let isWishing = true
    const wishing = wishNowAndThen(this.#world, this.#people).then(() => {
      isWishing = false
    })
    wishing.catch(fail)
    const { scheduler } = this.#world
    const end = scheduler.elapsed + faultyMs
    await this.#until('people to have said what they want', () => !isWishing || scheduler.elapsed > end)
    const last = scheduler.elapsed + this.#world.random.below(plan.patienceMs)
    await this.#until('a last while', () => scheduler.elapsed >= last)
    faults.stop()
    await this.#mischief.heal(this.#operators)
    await this.#until('people to have said what they want', () => !isWishing)
    await comeToReason(this.#people)
    await this.#come('after the faults')
    await this.#rests()
    this.#world.state(`outcome: ${this.#world.isDataLost ? 'data lost' : this.#people.outcome}`)
  }

  /** What is wanted comes true. */
  async #come(when: string): Promise<void> {
    const { scheduler } = this.#world
    const end = scheduler.elapsed + healthyMs
    let missing: string | undefined = 'nothing was looked at yet'
    let looked = -1
    await this.#until('what is wanted', () => {
      const { revision } = this.#world.machinery.storage
      if (looked !== revision || scheduler.elapsed > end)
        missing = this.#end.missing({ isDataLost: this.#world.isDataLost, hadData: this.#belongings.hadData })
      looked = revision
      return missing === undefined || scheduler.elapsed > end
    })
    if (missing === undefined) return
    violated('OPR-1', `not as wanted ${healthyMs / 1000} s ${when}: ${missing}`)
  }

  /** Nothing is written any more; nor by the next process that leads. */
  async #rests(): Promise<void> {
    const { scheduler } = this.#world
    const end = scheduler.elapsed + restlessMs
    // A leader that was just lost, or a watch that fell silent, has its time.
    const isQuiet = () => this.#isLed() && this.#rest.quietMs >= restMs
    this.#rest.begin()
    await this.#until('rest', () => isQuiet() || scheduler.elapsed > end)
    if (!isQuiet()) violated('OPR-2', `no rest for ${restlessMs / 1000} s: ${this.#rest.last}`)
    for (const { life } of this.#operators) if (life !== undefined) this.#world.crash(life)
    this.#rest.begin()
    const late = scheduler.elapsed + restMs
    await this.#until('a restart', () => scheduler.elapsed > late)
    if (this.#rest.sent > 0) violated('OPR-2', `after a restart ${this.#rest.sent} writes: ${this.#rest.last}`)
    if (!this.#isLed()) violated('OPR-2', `nobody leads ${restMs / 1000} s after a restart`)
  }

  #isLed(): boolean {
    return this.#operators.some(({ leads }) => leads)
  }

  async #until(what: string, isDone: () => boolean): Promise<void> {
    const world = this.#world
    const end = await world.scheduler.run(
      () => {
        for (const one of this.#observed) one.observe()
        if (world.failure !== undefined) throw world.failure
        return isDone()
      },
      { stepsMax },
    )
    if (end === 'idle') bug(`simulated: nothing is left to happen, and still waiting for ${what}`)
  }
}
