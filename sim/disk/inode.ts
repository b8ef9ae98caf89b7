/**
 * One simulated file: what its readers see (*cached*), what a power cut leaves (*durable*), and what
 * lies between.
 *
 * A crash decides for each 512-byte sector written since the last sync, alone, which of its versions
 * persisted, and for the size which of the sizes it had. A failed sync turns some of the unsynced
 * sectors into *ghosts*: readers still see them, no later sync writes them, a power cut drops them
 * (what Linux does with dirty pages after an I/O error, known as fsyncgate). Writing a ghost again
 * makes it an ordinary unsynced sector.
 */
import type { SeededRandom } from '../random.ts'

export const sectorBytes = 512

/** Versions kept per unsynced sector; older ones are forgotten. */
const versionsMax = 4

/** How much of the unsynced state a power cut keeps. */
export type Survival = 'none' | 'all' | 'some'

export class Inode {
  #cached = new Uint8Array(0)
  #size = 0
  #durable = new Uint8Array(0)
  #durableSize = 0
  /** Versions of each sector since it was last durable, the newest last. */
  #unsynced = new Map<number, Uint8Array[]>()
  /** Sizes since the last sync, the newest last. */
  #sizes: number[] = []

  get size(): number {
    return this.#size
  }

  read(offset: number, length: number): Uint8Array {
    return this.#cached.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size))
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const end = offset + bytes.length
    this.#reserve(end)
    this.#cached.set(bytes, offset)
    if (end > this.#size) this.#resize(end)
    this.#touch(offset, end)
  }

  truncate(size: number): void {
    this.#reserve(size)
    const before = this.#size
    if (size < before) {
      this.#cached.fill(0, size, before)
      this.#touch(size, before)
    }
    if (size !== before) this.#resize(size)
  }

  sync(): void {
    const durable = new Uint8Array(this.#cached.length)
    durable.set(this.#durable.subarray(0, Math.min(this.#durable.length, durable.length)))
    for (const sector of this.#unsynced.keys()) {
      const start = sector * sectorBytes
      durable.set(this.#cached.subarray(start, start + sectorBytes), start)
    }
    this.#durable = durable
    this.#durableSize = this.#size
    this.#unsynced.clear()
    this.#sizes = []
  }

  /** A sync that reports an error: each unsynced sector stays as it is, becomes durable or becomes a ghost. */
  failSync(random: SeededRandom): void {
    const durable = new Uint8Array(Math.max(this.#durable.length, this.#cached.length))
    durable.set(this.#durable)
    for (const sector of [...this.#unsynced.keys()]) {
      const fate = random.below(4)
      if (fate === 0) continue
      const start = sector * sectorBytes
      if (fate === 1) durable.set(this.#cached.subarray(start, start + sectorBytes), start)
      this.#unsynced.delete(sector)
    }
    this.#durable = durable
  }

  /** What a power cut leaves. */
  afterPowerCut(survival: Survival, random: SeededRandom): Inode {
    const after = new Inode()
    const sizes = [this.#durableSize, ...this.#sizes]
    const size = survival === 'none' ? sizes[0] : survival === 'all' ? sizes[sizes.length - 1] : random.pick(sizes)
    const bytes = new Uint8Array(roundUp(size))
    bytes.set(this.#durable.subarray(0, Math.min(this.#durable.length, bytes.length)))
    for (const [sector, versions] of this.#unsynced) {
      const start = sector * sectorBytes
      if (start >= bytes.length || survival === 'none') continue
      const choice = survival === 'all' ? versions.length : random.below(versions.length + 1)
      if (choice > 0) bytes.set(versions[choice - 1], start)
    }
    bytes.fill(0, size)
    after.#cached = bytes
    after.#durable = bytes.slice()
    after.#size = size
    after.#durableSize = size
    return after
  }

  /** The same state for the next process: the page cache outlives a process. */
  afterProcessCrash(): Inode {
    const after = new Inode()
    after.#cached = this.#cached.slice()
    after.#size = this.#size
    after.#durable = this.#durable.slice()
    after.#durableSize = this.#durableSize
    after.#unsynced = new Map([...this.#unsynced].map(([sector, versions]) => [sector, [...versions]]))
    after.#sizes = [...this.#sizes]
    return after
  }

  #resize(size: number): void {
    this.#size = size
    this.#sizes.push(size)
  }

  #reserve(size: number): void {
    if (size <= this.#cached.length) return
    const grown = new Uint8Array(roundUp(Math.max(size, this.#cached.length * 2)))
    grown.set(this.#cached)
    this.#cached = grown
  }

  #touch(start: number, end: number): void {
    for (let sector = Math.floor(start / sectorBytes); sector * sectorBytes < end; sector++) {
      const versions = this.#unsynced.get(sector) ?? []
      versions.push(this.#cached.slice(sector * sectorBytes, (sector + 1) * sectorBytes))
      if (versions.length > versionsMax) versions.shift()
      this.#unsynced.set(sector, versions)
    }
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / sectorBytes) * sectorBytes
}
