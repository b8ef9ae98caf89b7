/**
 * The object store of a history, of one of two kinds: a bucket, a service that outlives every machine, or a folder on
 * the machine's disk (the embedded default), which a power cut takes back to what was synced.
 */
import type { ObjectStore } from '../dataplane/core/ports.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import { SimulatedClock } from './clock.ts'
import type { Life } from './kernel/life.ts'
import { ProcessClock } from './ports/clock.ts'
import { ProcessDisk } from './ports/disk.ts'
import { SeededRandom } from './random.ts'
import { SimBucket, type StoreOperation } from './store.ts'
import { startWall } from './workload/events.ts'
import type { World } from './world.ts'

export interface Objects {
  /** The bucket, where there is one. */
  readonly bucket: SimBucket | undefined
  /** Rises whenever an object may have come or gone. */
  readonly changes: number
  /** A process's way to the objects. */
  connect(life: Life, random: SeededRandom): ObjectStore
  /** As they are now, for who looks from outside: nothing fails or waits. */
  outside(): ObjectStore
  /** The key of an object whose bytes are not those of before. */
  rewritten(): string | undefined
}

export class BucketObjects implements Objects {
  readonly bucket = new SimBucket()
  readonly #world: World
  readonly #known = new Map<string, Uint8Array>()

  constructor(world: World) {
    this.#world = world
  }

  get changes(): number {
    return this.bucket.objects.size
  }

  connect(life: Life): ObjectStore {
    const { scheduler, faults } = this.#world
    return this.bucket.connect(
      new ProcessClock(scheduler, undefined, startWall),
      (operation) => {
        if (this.#world.isAside) return undefined
        return faults.store(operation, { process: life.name, elapsed: scheduler.elapsed })
      },
      (operation, moment) => {
        if (this.#world.isAside) return Promise.resolve()
        const outlives = operation.kind === 'put' && moment === 'before'
        return scheduler.pass(life, `${labelOf(operation)} ${moment}`, { outlives })
      },
    )
  }

  outside(): ObjectStore {
    return this.bucket.connect(new SimulatedClock())
  }

  rewritten(): string | undefined {
    for (const [key, bytes] of this.bucket.objects) {
      const known = this.#known.get(key) ?? bytes
      if (known !== bytes) return key
      this.#known.set(key, bytes)
    }
    return undefined
  }
}

export class FolderObjects implements Objects {
  readonly bucket = undefined
  readonly #world: World
  #links = 0

  constructor(world: World) {
    this.#world = world
  }

  get changes(): number {
    return this.#links + this.#world.machine.powerCuts
  }

  connect(life: Life, random: SeededRandom): ObjectStore {
    const { scheduler, machine } = this.#world
    const disk = new ProcessDisk(machine.disk, {
      scheduler,
      life,
      isAside: () => this.#world.isAside,
      onLink: () => {
        this.#links++
      },
    })
    return new FolderStore(disk, 'store', random)
  }

  outside(): ObjectStore {
    return new FolderStore(this.#world.machine.disk.copy(), 'store', new SeededRandom(0))
  }

  /** Nothing can overwrite: objects come by `link`. */
  rewritten(): undefined {
    return undefined
  }
}

const labelOf = ({ kind, key }: StoreOperation) => `store ${kind} ${key.slice(0, key.indexOf('/'))}`
