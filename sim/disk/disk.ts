/**
 * A disk in memory that forgets, fails and lies the way real ones do, decided by one seed.
 *
 * What a power cut does to unsynced bytes and names is in `inode.ts` and `entries.ts`; what can fail
 * and when in `faults.ts`. Passes the same contract suite as the real disk.
 *
 * Does not: model slow media (give a `pause`), or damage of durable bytes (`damage` flips them on order).
 */
import { compareUtf8 } from '../../common/bytes/compare.ts'
import { type Disk, DiskError, type DiskFile, type OpenMode } from '../../dataplane/core/ports.ts'
import { SeededRandom } from '../random.ts'
import { Entries } from './entries.ts'
import { type DiskOperation, type FaultPlan, faultless } from './faults.ts'
import { Inode, type Survival } from './inode.ts'

export interface SimulatedDiskOptions {
  readonly seed?: number
  readonly plan?: FaultPlan
  /** Probability that a read of more than one byte returns fewer. */
  readonly shortReads?: number
  /** Bytes that all files together may hold. */
  readonly capacityBytes?: number
  /** Awaited before each step: lets a scheduler interleave or delay. */
  readonly pause?: (operation: DiskOperation, moment: 'before' | 'after', path: string) => Promise<void>
}

export interface CrashOptions extends Omit<SimulatedDiskOptions, 'seed'> {
  /** `cut`: unsynced data is lost or torn. `kept`: only the process died, the page cache is as it was. */
  readonly power?: 'cut' | 'kept'
  /** How much unsynced state a cut keeps; by default the seed decides. */
  readonly survival?: Survival
}

export class SimulatedDisk implements Disk {
  /** Resolves when the plan crashes the machine. */
  readonly crashed: Promise<void>
  /** May be changed at any time. */
  plan: FaultPlan
  capacityBytes: number
  #entries = new Entries()
  #random: SeededRandom
  readonly #options: SimulatedDiskOptions
  #steps = 0
  #down = false
  #announceCrash!: () => void

  constructor(options: SimulatedDiskOptions = {}) {
    this.#options = options
    this.#random = new SeededRandom(options.seed ?? 0)
    this.plan = options.plan ?? faultless
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
    this.crashed = new Promise((resolve) => {
      this.#announceCrash = resolve
    })
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps
  }

  /** Stops this machine (its calls never return) and gives the disk of the next one. */
  crash(options: CrashOptions = {}): SimulatedDisk {
    this.#goDown()
    const next = new SimulatedDisk({ capacityBytes: this.capacityBytes, ...options })
    next.#random = this.#random.fork()
    const survival = options.survival ?? this.#random.pick(['none', 'all', 'some', 'some'] as const)
    next.#entries =
      options.power === 'kept'
        ? this.#entries.afterProcessCrash()
        : this.#entries.afterPowerCut(survival, next.#random.fork())
    return next
  }

  /** The same disk as it is now, for who looks at it from outside: no fault, no pause, and no effect on this one. */
  copy(): SimulatedDisk {
    const copy = new SimulatedDisk()
    copy.#entries = this.#entries.afterProcessCrash()
    return copy
  }

  /** A second disk in the same state; this one goes on. For tests that try many things with one state. */
  fork(): SimulatedDisk {
    const next = new SimulatedDisk({ ...this.#options, capacityBytes: this.capacityBytes })
    next.#random = this.#random.fork()
    next.#entries = this.#entries.afterProcessCrash()
    return next
  }

  /** Flips bits of durable bytes, as media do. `mask` is not 0. */
  damage(path: string, offset: number, mask: number): void {
    const inode = this.#file(path, 'damage')
    const [byte] = inode.read(offset, 1)
    inode.write(offset, Uint8Array.of(byte ^ mask))
    inode.sync()
  }

  async list(folder: string): Promise<string[]> {
    return this.#call('list', folder, () => (this.#entries.list(folder) ?? []).sort(compareUtf8))
  }

  async makeFolder(path: string): Promise<void> {
    await this.#call('makeFolder', path, () => {
      if (!this.#entries.makeFolder(path)) throw new DiskError('exists', path, 'make folder: a file is in the way')
    })
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#call('open', path, () => {
      const known = this.#entries.file(path)
      if (known === undefined && mode === 'read') throw new DiskError('missing', path, 'open to read: no such file')
      if (mode === 'create' && this.#entries.exists(path)) throw new DiskError('exists', path, 'open to create: exists')
      if (known !== undefined) return this.#handle(path, known, mode)
      this.#needFolder(path, 'open')
      const inode = new Inode()
      this.#entries.set(path, inode)
      return this.#handle(path, inode, mode)
    })
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', from, () => {
      this.#file(from, 'rename')
      this.#needFolder(to, 'rename')
      this.#entries.rename(from, to)
    })
  }

  async link(from: string, to: string): Promise<void> {
    await this.#call('link', to, () => {
      const inode = this.#file(from, 'link')
      this.#needFolder(to, 'link')
      if (this.#entries.exists(to)) throw new DiskError('exists', to, 'link: exists')
      this.#entries.set(to, inode)
    })
  }

  async remove(path: string): Promise<void> {
    await this.#call('remove', path, () => {
      this.#file(path, 'remove')
      this.#entries.remove(path)
    })
  }

  async syncFolder(path: string): Promise<void> {
    await this.#call('syncFolder', path, () => {
      if (!this.#entries.hasFolder(path)) throw new DiskError('missing', path, 'sync folder: no such folder')
      this.#entries.syncFolder(path)
    })
  }

  #file(path: string, action: string): Inode {
    return this.#entries.file(path) ?? fail('missing', path, `${action}: no such file`)
  }

  #needFolder(path: string, action: string): void {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
    if (!this.#entries.hasFolder(folder)) fail('missing', path, `${action}: no such folder`)
  }

  #handle(path: string, inode: Inode, mode: OpenMode): DiskFile {
    let open = true
    const call = <Result>(operation: DiskOperation, run: () => Result, onFault?: () => void): Promise<Result> => {
      if (!open) throw new DiskError('io', path, `${operation}: the file is closed`)
      return this.#call(operation, path, run, onFault)
    }
    const writable = (operation: string) => {
      if (mode === 'read') fail('io', path, `${operation}: opened to read`)
    }
    return {
      size: async () => call('size', () => inode.size),
      read: async (offset, length) => call('read', () => inode.read(offset, this.#wholeOrShort(length))),
      write: async (offset, bytes) => {
        writable('write')
        const prefix = (length: number) => inode.write(offset, bytes.subarray(0, length))
        await call(
          'write',
          () => {
            const room = this.capacityBytes - this.#usedBytes() + inode.size - offset
            if (bytes.length <= room || offset + bytes.length <= inode.size) return prefix(bytes.length)
            prefix(Math.max(0, room))
            throw new DiskError('full', path, `write ${bytes.length} bytes at ${offset}: no space left`)
          },
          () => prefix(this.#random.below(bytes.length + 1)),
        )
      },
      truncate: async (size) => {
        writable('truncate')
        await call('truncate', () => inode.truncate(size))
      },
      sync: async () =>
        call(
          'sync',
          () => inode.sync(),
          () => inode.failSync(this.#random),
        ),
      close: async () => {
        await call('close', () => undefined)
        open = false
      },
    }
  }

  #wholeOrShort(length: number): number {
    if (length < 2 || !this.#random.chance(this.#options.shortReads ?? 0)) return length
    return 1 + this.#random.below(length - 1)
  }

  #usedBytes(): number {
    let used = 0
    for (const inode of this.#entries.files()) used += inode.size
    return used
  }

  /** One call: a step, the effect, a step. `onFault` is the partial effect of a call that fails before its effect. */
  async #call<Result>(
    operation: DiskOperation,
    path: string,
    run: () => Result,
    onFault?: () => void,
  ): Promise<Result> {
    await this.#step({ operation, path, moment: 'before', onFault })
    const result = run()
    await this.#step({ operation, path, moment: 'after' })
    return result
  }

  async #step(step: {
    operation: DiskOperation
    path: string
    moment: 'before' | 'after'
    onFault?: () => void
  }): Promise<void> {
    const { operation, path, moment } = step
    await this.#options.pause?.(operation, moment, path)
    if (this.#down) return new Promise(() => {})
    const fault = this.plan({ index: this.#steps++, operation, moment, path })
    if (fault === undefined) return
    if (fault === 'crash') {
      if (this.#random.chance(0.5)) step.onFault?.()
      this.#goDown()
      return new Promise(() => {})
    }
    step.onFault?.()
    throw new DiskError(fault, path, `${operation}: simulated fault`)
  }

  #goDown(): void {
    this.#down = true
    this.#announceCrash()
  }
}

function fail(code: DiskError['code'], path: string, message: string): never {
  throw new DiskError(code, path, message)
}
