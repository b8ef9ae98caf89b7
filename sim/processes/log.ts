/**
 * The process that ingests and serves the log, as the `log` role will be: one FileLog writer over the machine's
 * disk, ingest beside it, shards reading from it. When an append fails it ends and is started again.
 *
 * Now and then it is started again while the old life still runs: the new writer must fence the old one.
 */
import { CorruptError, UnavailableError } from '../../common/errors/errors.ts'
import type { LogWriter } from '../../dataplane/core/ports.ts'
import { Ingest } from '../../dataplane/ingest/ingest.ts'
import type { FileLog } from '../../dataplane/log/file-log/file-log.ts'
import { openFileLog } from '../../dataplane/log/file-log/open.ts'
import { watchHealth } from '../../dataplane/roles/log/health.ts'
import type { Event } from '../../dataplane/schema/event.ts'
import type { Life } from '../kernel/life.ts'
import { ProcessClock } from '../ports/clock.ts'
import { ProcessDisk } from '../ports/disk.ts'
import { startWall } from '../workload/events.ts'
import type { World } from '../world.ts'
import { Supervisor } from './supervisor.ts'

/** Often enough that a writer that was replaced ends within a history. */
const checkEveryMs = 4_000

/** Where the log lies on the machine's disk. */
export const logFolder = 'log'

export class LogService {
  /** For shards and trimmers; a failure seen here ends the process, as its own health check does. */
  readonly log: LogWriter
  readonly ended: Promise<'ended' | 'replaced'>
  readonly clock: ProcessClock
  readonly #world: World
  readonly #life: Life
  readonly #ingest: Ingest
  #settle!: (how: 'ended' | 'replaced') => void
  #isReplaced = false

  constructor(world: World, life: Life, log: FileLog) {
    this.#world = world
    this.#life = life
    const writer = world.seams.writer?.(log) ?? log
    this.log = guarded(writer, (error) => this.#failed(error))
    this.clock = new ProcessClock(world.scheduler, life, startWall)
    this.#ingest = new Ingest({ log: this.log, clock: this.clock, generation: 1 })
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    const tell = (failure: UnavailableError | undefined) => failure !== undefined && this.#failed(failure)
    watchHealth(log, { clock: this.clock, everyMs: checkEveryMs, tell }, new AbortController().signal).catch(world.fail)
  }

  /** Resolves when the events are durable. Throws `UnavailableError`: the outcome is then unknown. */
  async ingest(events: readonly Event[]): Promise<void> {
    await this.#ingest.accept({ events, bytes: 100 * events.length })
    for (const event of events) this.#world.ledger.acked(event)
  }

  /** Lets another life start while this one goes on. */
  replace(): void {
    this.#isReplaced = true
    this.#settle('replaced')
  }

  #failed(error: unknown): void {
    // Who asks for what was trimmed knows what that means, or says so.
    if (error instanceof CorruptError && error.code === 'LOG_GAP') return
    if (!(error instanceof UnavailableError)) this.#world.fail(error)
    this.#world.state(`log failed${this.#isReplaced ? ' after it was replaced' : ''}`)
    this.#settle('ended')
    if (this.#isReplaced) this.#world.scheduler.crash(this.#life)
  }
}

/** The log, telling of each error that it throws. */
function guarded(log: LogWriter, tell: (error: unknown) => void): LogWriter {
  const watch = async <Result>(call: Promise<Result>, signal?: AbortSignal): Promise<Result> => {
    try {
      return await call
    } catch (error) {
      // A reader that left is no failure of the log.
      if (signal?.aborted !== true) tell(error)
      throw error
    }
  }
  return {
    partitions: log.partitions,
    start: (partition) => watch(log.start(partition)),
    end: (partition) => watch(log.end(partition)),
    read: (partition, offset, bytesMax) => watch(log.read(partition, offset, bytesMax)),
    waitPast: (partition, offset, signal) => watch(log.waitPast(partition, offset, signal), signal),
    append: (partition, record) => watch(log.append(partition, record)),
    trim: (partition, offset) => watch(log.trim(partition, offset)),
    close: () => watch(log.close()),
  }
}

export function superviseLog(world: World): Supervisor<LogService> {
  const supervisor = new Supervisor<LogService>(world, {
    name: 'log',
    kind: 'log',
    open: (life) => openService(world, life),
    serve: (service) => service.ended,
  })
  world.residents.push(supervisor)
  void replaceNowAndThen(world, supervisor)
  return supervisor
}

async function replaceNowAndThen(world: World, supervisor: Supervisor<LogService>): Promise<void> {
  while (!world.faults.isStopped) {
    await world.scheduler.pass(undefined, 'replace log', { ms: 1_000 + world.random.below(5_000) })
    if (supervisor.current !== undefined && world.faults.isZombie()) supervisor.current.service.replace()
  }
}

async function openService(world: World, life: Life): Promise<LogService> {
  const { scheduler, seams, machine, plan } = world
  const disk = new ProcessDisk(seams.disk?.(machine.disk) ?? machine.disk, { scheduler, life })
  const ports = { disk, random: world.random.fork(), logger: world.logger(life) }
  const options = { folder: logFolder, partitions: plan.partitions, generation: 1, fileBytesMax: plan.logFileBytes }
  const { log } = await openFileLog(ports, options)
  return new LogService(world, life, log)
}
