/**
 * A simulated object store: objects in memory, faults by plan.
 *
 * A `SimBucket` is the service: it outlives every process. `bucket.connect()` makes one process's
 * client, an `ObjectStore` whose operations can fail, take time, lose their reply (the write happened, the
 * caller gets an error), arrive late (the caller gets an error, the write happens afterwards), or end
 * with the process (`crash()`: nothing that was under way answers any more; a write may still land).
 *
 * Does not: choose faults. The plan is a function of the operation, so a test scripts it and the simulator
 * draws it from its seed.
 */
import { UnavailableError } from '../common/errors/errors.ts'
import type { Clock, ObjectStore } from '../dataplane/core/ports.ts'
import { checkKey, checkPrefix } from '../dataplane/storage/object/keys.ts'

export interface StoreOperation {
  readonly kind: 'put' | 'get' | 'size' | 'list'
  /** The key, or the prefix of a list. */
  readonly key: string
  /** Counts the operations of the client from 0. */
  readonly index: number
}

export type StoreFault =
  /** Nothing happens and the caller gets `STORE_UNAVAILABLE`. */
  | { readonly kind: 'fail' }
  /** It happens and the caller gets `STORE_UNAVAILABLE` all the same. */
  | { readonly kind: 'loseReply' }
  /** The caller gets `STORE_UNAVAILABLE` now; it happens `afterMs` later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** It happens and is answered after `ms`, half of it before the effect. */
  | { readonly kind: 'slow'; readonly ms: number }

export type StoreFaults = (operation: StoreOperation) => StoreFault | undefined

/** Awaited before and after the effect of each operation: lets a scheduler order those of several clients. */
export type StorePause = (operation: StoreOperation, moment: 'before' | 'after') => Promise<void>

export class SimBucket {
  readonly objects = new Map<string, Uint8Array>()

  connect(clock: Clock, faults: StoreFaults = () => undefined, pause?: StorePause): SimStore {
    return new SimStore(this, clock, { faults, pause })
  }

  /** Flips one bit of an object, as a bad disk would. */
  flip(key: string, bit: number): void {
    const bytes = this.objects.get(key)!.slice()
    bytes[bit >>> 3]! ^= 1 << (bit & 7)
    this.objects.set(key, bytes)
  }
}

export class SimStore implements ObjectStore {
  readonly #bucket: SimBucket
  readonly #clock: Clock
  /** The plan; tests replace it as the story goes on. */
  faults: StoreFaults
  readonly #pause: StorePause | undefined
  #operations = 0
  #crashed = false
  readonly #counts = { put: 0, get: 0, size: 0, list: 0 }

  constructor(bucket: SimBucket, clock: Clock, options: { faults: StoreFaults; pause?: StorePause | undefined }) {
    this.#bucket = bucket
    this.#clock = clock
    this.faults = options.faults
    this.#pause = options.pause
  }

  /** Operations so far by kind. */
  get counts(): Readonly<Record<StoreOperation['kind'], number>> {
    return this.#counts
  }

  /** Ends the process: no call that is under way or made later is ever answered. */
  crash(): void {
    this.#crashed = true
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key)
    const copy = bytes.slice()
    return this.#run('put', key, () => {
      if (this.#bucket.objects.has(key)) return 'exists'
      this.#bucket.objects.set(key, copy)
      return 'created'
    })
  }

  getRange(key: string, start: number, end: number): Promise<Uint8Array | undefined> {
    checkKey(key)
    return this.#run('get', key, () => this.#bucket.objects.get(key)?.slice(start, end))
  }

  size(key: string): Promise<number | undefined> {
    checkKey(key)
    return this.#run('size', key, () => this.#bucket.objects.get(key)?.length)
  }

  list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<string[]> {
    checkPrefix(prefix)
    const { after = '', limit = Number.POSITIVE_INFINITY } = options
    return this.#run('list', prefix, () =>
      [...this.#bucket.objects.keys()]
        .filter((key) => key.startsWith(prefix) && key > after)
        .sort()
        .slice(0, limit),
    )
  }

  async #run<Result>(kind: StoreOperation['kind'], key: string, act: () => Result): Promise<Result> {
    this.#counts[kind]++
    const operation = { kind, key, index: this.#operations++ }
    if (this.#pause !== undefined) await this.#pause(operation, 'before')
    const fault = this.faults(operation)
    if (this.#crashed) return never()
    if (fault?.kind === 'late') {
      this.#clock.sleep(fault.afterMs).then(act)
      return this.#answer(() => this.#unavailable(kind, key))
    }
    if (fault?.kind === 'fail') return this.#answer(() => this.#unavailable(kind, key))
    if (fault?.kind === 'slow') await this.#clock.sleep(fault.ms / 2)
    // A request is at least one turn under way, so that a crash can fall between its effect and its answer.
    else await undefined
    const result = act()
    if (fault?.kind === 'slow') await this.#clock.sleep(fault.ms / 2)
    if (this.#pause !== undefined) await this.#pause(operation, 'after')
    if (fault?.kind === 'loseReply') return this.#answer(() => this.#unavailable(kind, key))
    return this.#answer(() => result)
  }

  async #answer<Result>(answer: () => Result): Promise<Result> {
    await undefined
    return this.#crashed ? never() : answer()
  }

  #unavailable(kind: string, key: string): never {
    throw new UnavailableError('STORE_UNAVAILABLE', `simulated store: ${kind} ${key}`)
  }
}

const never = <Result>() => new Promise<Result>(() => undefined)
