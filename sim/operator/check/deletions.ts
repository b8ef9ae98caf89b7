/**
 * Why an operator may take a replica's pod away: it is above the wanted number, on a revision that is not wanted, ended, or
 * its cluster goes. Held against what was wanted, or true, as long ago as evidence and commands may be old; one at a time; and
 * never the last one that serves.
 */
import type { Change } from '../../../devcluster/api/storage.ts'
import type { Shard } from '../../../operator/kube/kinds.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { mapOf } from '../cluster/plane.ts'
import { namespace, type OperatorWorld } from '../world.ts'
import { evidenceMaxMs } from './copies.ts'

/** What was so at some time: still said to be so for as long as somebody may act on it. */
class Lately<Value> {
  readonly #seen: { readonly value: Value; untilMs: number }[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  is(value: Value): void {
    const last = this.#seen.at(-1)
    if (last !== undefined) last.untilMs = this.#now()
    if (last?.value !== value) this.#seen.push({ value, untilMs: Number.POSITIVE_INFINITY })
    else last.untilMs = Number.POSITIVE_INFINITY
  }

  some(holds: (value: Value) => boolean): boolean {
    return this.#seen.some(({ value, untilMs }) => this.#now() - untilMs < evidenceMaxMs && holds(value))
  }
}

interface Wanted {
  readonly replicas: number
  readonly revision: string
}

export class Deletions {
  readonly #world: OperatorWorld
  /** By name of the shard. */
  readonly #wanted = new Map<string, Lately<Wanted>>()
  /** By shard: pods that an operator took to bring them back, with their uid, until one of another uid serves. */
  readonly #restarting = new Map<string, Map<string, string | undefined>>()
  /** By name of the pod: whether it served. */
  readonly #served = new Map<string, Lately<boolean>>()

  constructor(world: OperatorWorld) {
    this.#world = world
    world.machinery.storage.listen((change) => this.#look(change))
  }

  /** After each step of nodes and mischief. */
  observe(): void {
    const { plane, scheduler } = this.#world
    const serving = new Set<string>()
    for (const { role, state, hangs, pod } of plane.processes.values()) {
      if (role === 'replica' && state === 'serving' && !hangs) serving.add(pod)
    }
    for (const pod of new Set([...serving, ...this.#served.keys()])) {
      const lately = this.#served.get(pod) ?? new Lately<boolean>(() => scheduler.elapsed)
      this.#served.set(pod, lately)
      lately.is(serving.has(pod))
    }
    for (const { pod, uid, state } of plane.processes.values()) {
      if (state !== 'serving') continue
      for (const taken of this.#restarting.values()) if (taken.has(pod) && taken.get(pod) !== uid) taken.delete(pod)
    }
  }

  #look({ before, after }: Change): void {
    const object = (after ?? before)!
    if (object.kind === 'Shard') this.#wants(object as Shard)
    if (object.kind !== 'Pod' || object.metadata.labels?.[labelNames.role] !== 'replica') return
    const was = before !== undefined && before.metadata.deletionTimestamp === undefined
    const is = after !== undefined && after.metadata.deletionTimestamp === undefined
    if (was && !is && this.#world.writer !== undefined) this.#taken(before)
  }

  #wants({ metadata, spec }: Shard): void {
    const lately = this.#wanted.get(metadata.name) ?? new Lately<Wanted>(() => this.#world.scheduler.elapsed)
    this.#wanted.set(metadata.name, lately)
    lately.is({ replicas: spec.replicas, revision: spec.revision })
  }

  #taken(pod: KubeObject): void {
    const { name, labels = {} } = pod.metadata
    const cluster = this.#world.machinery.get(resources.eventClusters, {
      namespace,
      name: labels[labelNames.cluster] ?? '',
    })
    if (cluster === undefined || cluster.metadata.deletionTimestamp !== undefined) {
      this.#restarting.clear()
      return
    }
    const who = `${this.#world.writer?.life}`
    const shard = `${labels[labelNames.cluster]}-${labels[labelNames.shard]}`
    const [ordinal, revision] = [Number(labels[labelNames.replica]), labels[labelNames.revision]]
    const phase = (pod.status as { phase?: string } | undefined)?.phase
    if (phase === 'Failed' || phase === 'Succeeded') return
    const wanted = this.#wanted.get(shard)
    const isSpare = wanted?.some(({ replicas }) => ordinal >= replicas) === true
    const isOld = wanted?.some((one) => one.revision !== revision) === true
    if (!isSpare && !isOld) {
      this.#world.broken('OPR-1', `${who} took pod ${name} away, which is wanted as it is`)
    }
    this.#checkLastServing(name, shard, who)
    if (isSpare && !isOld) this.#checkRouters(name, who)
    const restarting = this.#restarting.get(shard) ?? new Map<string, string | undefined>()
    this.#restarting.set(shard, restarting)
    restarting.delete(name)
    if (isSpare) return
    const isSpareToo = (pod: string) => wanted?.some(({ replicas }) => ordinalOf(pod) >= replicas) === true
    const other = [...restarting.keys()].find((one) => !isSpareToo(one))
    if (other !== undefined) {
      this.#world.broken('OPR-1', `${who} took pod ${name} for a restart while ${other} does not serve again yet`)
    }
    restarting.set(name, pod.metadata.uid)
  }

  #checkLastServing(name: string, shard: string, who: string): void {
    const others = [...this.#served].filter(([pod]) => pod !== name && pod.startsWith(`${shard}-`))
    const servesItself = this.#served.get(name)?.some((serves) => !serves) === false
    if (!servesItself || others.length === 0) return
    // A shard with one replica is restarted with a pause; people who want none write two.
    if (this.#wanted.get(shard)?.some(({ replicas }) => replicas === 1)) return
    if (others.some(([, lately]) => lately.some((serves) => serves))) return
    this.#world.broken('OPR-1', `${who} took pod ${name}, and no other replica of ${shard} has served for long`)
  }

  /** Queries must not be sent to a replica that is going: every router has to have forgotten it. */
  #checkRouters(name: string, who: string): void {
    for (const program of this.#world.plane.processes.values()) {
      if (program.role !== 'query' || program.state !== 'serving') continue
      const names = mapOf(program).shards.some(({ replicas }) => replicas.some((one) => one.name === name))
      if (names && !this.#isGoing(program.pod)) {
        this.#world.broken('OPR-1', `${who} took pod ${name}, which the map of ${program.pod} still names`)
      }
    }
  }

  #isGoing(pod: string): boolean {
    const found = this.#world.machinery.get(resources.pods, { namespace, name: pod })
    return found === undefined || found.metadata.deletionTimestamp !== undefined
  }
}

const ordinalOf = (pod: string) => Number(pod.slice(pod.lastIndexOf('-') + 1))
