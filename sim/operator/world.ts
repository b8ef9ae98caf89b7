/**
 * Everything that one history of the operator shares: the plan drawn from the seed, virtual time, the API server with its
 * objects, nodes, pods, and what the checkers know.
 *
 * Does not: start anything (`history.ts`).
 */
import { crd } from '../../crds/crd/document.ts'
import { kinds } from '../../crds/kind.ts'
import type { Logger } from '../../dataplane/core/ports.ts'
import { kindsOf } from '../../devcluster/api/custom.ts'
import { Machinery } from '../../devcluster/api/machinery.ts'
import { MemoryApi } from '../../devcluster/api/memory-api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { violated } from '../check/violation.ts'
import { bump, Coverage } from '../kernel/coverage.ts'
import type { Life } from '../kernel/life.ts'
import { Scheduler } from '../kernel/scheduler.ts'
import { Trace } from '../kernel/trace.ts'
import { ProcessClock } from '../ports/clock.ts'
import { SeededRandom } from '../random.ts'
import type { Write } from './api.ts'
import { SimulatedNodes } from './cluster/nodes.ts'
import { SimulatedPlane } from './cluster/plane.ts'
import { Faults } from './faults.ts'
import { drawPlan, type Plan } from './plan.ts'
import type { Seams } from './seams.ts'

export const namespace = 'prod'
export const leaseKey = { namespace: 'kube-system', name: 'anabranch-operator' }
/** What wall clocks show at virtual time 0. */
export const startMs = Date.UTC(2026, 0, 1)

export interface WorldOptions {
  /** Awaits at which a process dies when one first comes there, one after the other, besides what the seed draws. */
  readonly crashAt?: readonly string[]
  readonly seams?: Seams
  readonly onTrace?: (line: string) => void
}

/** Told of everything that an operator sends and that happens to objects, in the moment when it happens. */
export interface Watcher {
  /** A write leaves a process. */
  sent?(life: Life, write: Write): void
  /** The server has carried it out, or refused it. */
  done?(life: Life, write: Write): void
}

export class OperatorWorld {
  readonly plan: Plan
  readonly random: SeededRandom
  readonly seams: Seams
  readonly trace: Trace
  readonly coverage = new Coverage()
  readonly faults: Faults
  readonly scheduler: Scheduler
  readonly clock: ProcessClock
  readonly machinery: Machinery
  /** Without faults, for nodes, people and checkers. */
  readonly api: MemoryApi
  readonly plane: SimulatedPlane
  readonly nodes: SimulatedNodes
  readonly watchers: Watcher[] = []
  /** Who writes at this moment; `undefined`: nodes or people. */
  writer: { readonly life: Life; readonly write: Write } | undefined
  /** What happens to objects at this moment is nobody's wish. */
  isMischief = false
  /** A volume of log or store is gone for good. */
  isDataLost = false
  readonly #ends = new Map<Life, AbortController>()
  readonly #deaths: ((life: Life) => void)[] = []
  #failure: unknown

  constructor(seed: number, options: WorldOptions = {}) {
    const random = new SeededRandom(seed)
    this.random = random.fork()
    this.plan = drawPlan(random.fork())
    this.seams = options.seams ?? {}
    this.trace = new Trace({ tell: options.onTrace })
    const { coverage, trace } = this
    this.faults = new Faults(this.plan, { random: random.fork(), coverage, trace, crashAt: options.crashAt })
    this.scheduler = new Scheduler({
      random: random.fork(),
      ...{ trace, coverage },
      hurry: () => (this.faults.isStopped ? 0 : this.plan.hurry),
      weight: () => 1,
      intervene: (operation) => {
        const isCrash = this.faults.isCrash(operation)
        if (isCrash) this.crash(operation.life!)
        return isCrash
      },
    })
    this.clock = new ProcessClock(this.scheduler, undefined, startMs)
    this.machinery = new Machinery({ clock: this.clock, random: random.fork(), kinds: served })
    this.api = new MemoryApi({ machinery: this.machinery, clock: this.clock })
    this.plane = new SimulatedPlane()
    this.nodes = new SimulatedNodes(this.api, this.plane, () => this.clock.now())
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
    this.machinery.create(resources.namespaces, object)
  }

  /** Why the history must stop; the first reason stays. */
  get failure(): unknown {
    return this.#failure
  }

  readonly fail = (error: unknown): void => {
    this.#failure ??= error
  }

  state(name: string): void {
    bump(this.coverage.states, name)
  }

  /** A promise is broken: the history ends here. */
  broken(promise: string, message: string): void {
    try {
      violated(promise, message)
    } catch (error) {
      this.fail(error)
    }
  }

  crash(life: Life): void {
    this.scheduler.crash(life)
    this.#ends.get(life)?.abort(new Error('the process is gone'))
    this.#ends.delete(life)
    for (const tell of this.#deaths) tell(life)
  }

  onDeath(tell: (life: Life) => void): void {
    this.#deaths.push(tell)
  }

  /** Aborts when the process is gone: its connections are closed. */
  endOf(life: Life): AbortSignal {
    let end = this.#ends.get(life)
    if (end === undefined) {
      end = new AbortController()
      if (life.alive) this.#ends.set(life, end)
      else end.abort(new Error('the process is gone'))
    }
    return end.signal
  }

  sent(life: Life, write: Write): void {
    for (const watcher of this.watchers) watcher.sent?.(life, write)
  }

  /** The server carries out a write of a process: at once, so that who writes is known to whoever watches the objects. */
  writing<Answer>(life: Life, write: Write, carryOut: () => Promise<Answer>): Promise<Answer> {
    this.writer = { life, write }
    try {
      return carryOut()
    } finally {
      this.writer = undefined
      for (const watcher of this.watchers) watcher.done?.(life, write)
    }
  }

  /** What a process says shows which situations it came to; a defect that it reports ends the history. */
  logger(life: Life): Logger {
    const say = (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (!life.alive) return
      this.state(`operator says: ${message}`)
      const { error } = fields
      const why = error instanceof Error ? `${error.name}: ${error.message}` : ''
      this.trace.add(`  ${life} says: ${message} ${String(fields.key ?? fields.resource ?? fields.lease ?? '')} ${why}`)
      if (error instanceof Error && /^(BugError|TypeError|RangeError|ReferenceError)$/.test(error.name))
        this.fail(error)
    }
    return { info: say, warn: say, error: say }
  }
}

/** Made once: it takes longer than a history. */
const served = kinds.flatMap((kind) => kindsOf(crd(kind) as unknown as KubeObject))
