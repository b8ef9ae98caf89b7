/**
 * Who holds a copy of which events: the ghost that OPR-1 is held against.
 *
 * Events of a shard are numbers from 0 up to what was acknowledged. The volume of the log holds those that were not trimmed,
 * the volume of the store those of a manifest, a running replica those in its memory, its cache a copy of the store's. An
 * operator that takes away the only holder of any of them breaks OPR-1, whatever it knew. Does not: move events
 * (`actors/data.ts`).
 */
import type { Change } from '../../../devcluster/api/storage.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { lateMaxMs } from '../faults.ts'
import type { People } from '../people.ts'
import type { OperatorWorld } from '../world.ts'

/** `[from, to)` of one shard. */
interface Held {
  readonly from: number
  readonly to: number
}

/** Evidence may be as old as a leader may act on its own, and the command that rests on it as late as any. */
export const evidenceMaxMs = 10_000 + lateMaxMs + 2_000

export class Copies {
  readonly #world: OperatorWorld
  readonly #people: People
  /** By uid of the pod or claim, then by shard. */
  readonly #held = new Map<string, Map<string, Held>>()
  readonly #names = new Map<string, string>()
  /** When a volume of log or store went that no operator took. */
  #lossMs = Number.NEGATIVE_INFINITY

  constructor(world: OperatorWorld, people: People) {
    this.#world = world
    this.#people = people
    world.machinery.storage.listen((change) => this.#look(change))
  }

  hold({ uid, name }: { uid: string; name: string }, shard: string, held: Held): void {
    const table = this.#held.get(uid) ?? new Map<string, Held>()
    this.#held.set(uid, table)
    this.#names.set(uid, name)
    table.set(shard, held)
  }

  #look({ before, after }: Change): void {
    const kind = (after ?? before)!.kind
    if (kind !== 'Pod' && kind !== 'PersistentVolumeClaim') return
    if (isThere(before) && !isThere(after)) this.#goes(before!)
  }

  #goes(object: KubeObject): void {
    const { uid = '', name, labels = {} } = object.metadata
    const { writer, scheduler } = this.#world
    const mine = this.#held.get(uid)
    this.#held.delete(uid)
    const isData = labels[labelNames.data] !== undefined
    if (this.#world.isMischief) {
      if (isData) this.#lossMs = scheduler.elapsed
      return
    }
    // A pod without a process has nothing in memory.
    if (object.kind === 'Pod' && !this.#world.plane.processes.has(uid)) return
    if (mine === undefined || this.#people.destroysSince !== undefined) return
    if (scheduler.elapsed - this.#lossMs < evidenceMaxMs && !isData) return
    for (const [shard, held] of mine) {
      const lost = this.#uncovered(shard, held)
      if (lost === undefined) continue
      const who = writer === undefined ? 'the end of its owner' : `${writer.life}`
      this.#world.broken(
        'OPR-1',
        `${who} took away ${object.kind} ${name}, the last holder of events ${lost.from} to ${lost.to - 1} of shard ${shard}`,
      )
    }
  }

  /** The first part of `held` that nobody else has. */
  #uncovered(shard: string, held: Held): Held | undefined {
    const others = [...this.#held.values()].flatMap((table) => table.get(shard) ?? [])
    let { from } = held
    for (const one of others.sort((a, b) => a.from - b.from)) {
      if (one.from <= from && one.to > from) from = one.to
    }
    return from < held.to ? { from, to: held.to } : undefined
  }
}

function isThere(object: KubeObject | undefined): boolean {
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) return false
  return (object.status as { phase?: string } | undefined)?.phase !== 'Lost'
}
