/**
 * Everything that one history shares: the plan and the generators drawn from the seed, virtual time, the disk
 * and the bucket that outlive processes, and what is known about the run.
 *
 * Does not: start anything (`history.ts`).
 */
import type { Logger } from '../dataplane/core/ports.ts'
import { AuditCheck } from './check/audit.ts'
import { Ledger } from './check/ledger.ts'
import { violated } from './check/violation.ts'
import { Defect } from './defect.ts'
import { Faults } from './faults.ts'
import { bump, Coverage } from './kernel/coverage.ts'
import type { Life } from './kernel/life.ts'
import { type Operation, Scheduler } from './kernel/scheduler.ts'
import { Trace } from './kernel/trace.ts'
import { Machine } from './machine.ts'
import { BucketObjects, FolderObjects, type Objects } from './objects.ts'
import { drawPlan, type Plan } from './plan.ts'
import { SeededRandom } from './random.ts'
import type { Seams } from './seams.ts'

export interface WorldOptions {
  /** Awaits at which a process crashes when one first comes there, one after the other, besides the crashes of the seed. */
  readonly crashAt?: readonly string[]
  readonly seams?: Seams
  /** Changes what the seed's history is made of. */
  readonly shape?: (plan: Plan) => Partial<Plan>
  /** Is given every line of the trace. */
  readonly onTrace?: (line: string) => void
}

/** Codes that a healthy product never meets, whatever the faults: stored bytes are never damaged here. */
const neverCodes = /[A-Z]+_CORRUPT|LOG_GAP|OBJECT_MISSING|CUT_MISMATCH|FORMAT_UNKNOWN|BUG/

export class World {
  readonly plan: Plan
  readonly random: SeededRandom
  readonly seams: Seams
  readonly trace: Trace
  readonly coverage = new Coverage()
  readonly faults: Faults
  readonly scheduler: Scheduler
  readonly machine: Machine
  readonly objects: Objects
  readonly ledger: Ledger
  readonly audit: AuditCheck
  readonly defect: Defect | undefined
  /** Keys of manifests that a replica put or read, so that it may act on them. */
  readonly toldManifests = new Set<string>()
  /** Processes on the machine: a power cut ends them all. */
  readonly residents: { readonly lives: readonly Life[] }[] = []
  #failure: unknown
  #isAside = false

  constructor(seed: number, options: WorldOptions = {}) {
    const random = new SeededRandom(seed)
    this.random = random.fork()
    const plan = drawPlan(random.fork())
    this.plan = { ...plan, ...options.shape?.(plan) }
    this.seams = options.seams ?? {}
    this.trace = new Trace({ tell: options.onTrace })
    const { coverage, trace } = this
    this.faults = new Faults(this.plan, { random: random.fork(), coverage, trace, crashAt: options.crashAt })
    this.scheduler = new Scheduler({
      random: random.fork(),
      trace,
      coverage,
      hurry: () => (this.faults.isStopped ? 0 : this.plan.hurry),
      weight: (life) => (this.faults.isStopped ? 1 : (this.plan.speeds.get(life?.name ?? '') ?? 1)),
      intervene: (operation) => this.#intervene(operation),
    })
    this.machine = new Machine(this.plan, {
      seed: random.uint32(),
      fault: (step) => (this.#isAside ? undefined : this.faults.disk(step)),
    })
    this.objects = this.plan.isFolder ? new FolderObjects(this) : new BucketObjects(this)
    this.ledger = new Ledger(this.plan.partitions)
    this.audit = new AuditCheck(this)
    const { faults } = this
    this.defect =
      this.plan.defect && new Defect(this.plan.defect, { faults, shown: (life) => this.audit.damaged(life) })
  }

  /** Why the history must stop; the first reason stays. */
  get failure(): unknown {
    return this.#failure
  }

  readonly fail = (error: unknown): void => {
    this.#failure ??= error
  }

  /**
   * Lets a checker read through the ports of a process as if nothing could fail or take time. It must await nothing but
   * such reads, so that nobody else moves meanwhile.
   */
  async aside<Result>(read: () => Promise<Result>): Promise<Result> {
    this.#isAside = true
    try {
      return await read()
    } finally {
      this.#isAside = false
    }
  }

  get isAside(): boolean {
    return this.#isAside
  }

  /** Runs a check; what it throws ends the history. */
  watch(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.fail(error)
    }
  }

  state(name: string): void {
    bump(this.coverage.states, name)
  }

  /** What a process says shows which situations it came to; what it must never say ends the history. */
  logger(life: Life): Logger {
    const say = (message: string, fields?: Readonly<Record<string, unknown>>) => {
      if (!life.alive) return
      this.state(`${life.kind} says: ${message}`)
      const text = `${life} says: ${message} ${JSON.stringify(fields ?? {}, (_, value) => (value instanceof Error ? `${value}` : value))}`
      this.trace.add(`  ${text}`)
      if (neverCodes.test(text)) this.watch(() => violated('MAN-1', text))
      if (message === 'replica divergence') this.watch(() => this.audit.named(life, text))
    }
    return { info: say, warn: say, error: say }
  }

  /** Ends a process; one on the machine may take the machine with it. */
  crash(life: Life): void {
    const isOnMachine = this.residents.some(({ lives }) => lives.includes(life))
    this.scheduler.crash(life)
    if (!isOnMachine || !this.faults.isPowerCut()) return
    for (const { lives } of this.residents) for (const other of lives) this.scheduler.crash(other)
    this.machine.powerCut()
  }

  #intervene(operation: Operation): boolean {
    const isCrash = this.faults.isCrash(operation)
    if (isCrash) this.crash(operation.life!)
    return isCrash
  }
}
