/**
 * The real reconcilers on an API server, nodes and a data plane in this process, driven step by step: no clock runs,
 * nothing happens unless a test says so.
 *
 * The operator can be killed before or after any of its writes; the next one starts from what is there.
 */
import { crd } from '../../../crds/crd/document.ts'
import { judge } from '../../../crds/judge.ts'
import { kinds } from '../../../crds/kind.ts'
import { parseRoutingMap, type RoutingMap } from '../../../dataplane/routing/map.ts'
import { kindsOf } from '../../../devcluster/api/custom.ts'
import { Machinery } from '../../../devcluster/api/machinery.ts'
import { MemoryApi } from '../../../devcluster/api/memory-api.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import { WriteGate } from '../../../operator/kube/write/gate.ts'
import { Writes } from '../../../operator/kube/write/writes.ts'
import type { Note } from '../../../operator/plan/decision.ts'
import { type ReconciledKind, reconciledKinds } from '../../../operator/reconcile/kinds.ts'
import { LiveReader } from '../../../operator/reconcile/reader.ts'
import { type Reconciler, reconcile } from '../../../operator/reconcile/reconcile.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { routingKey } from '../../../operator/render/routing.ts'
import { SimulatedNodes } from '../../../sim/operator/cluster/nodes.ts'
import { SimulatedPlane } from '../../../sim/operator/cluster/plane.ts'
import { ManualClock } from '../manual-clock.ts'

export const namespace = 'prod'
const manager = 'anabranch-operator'
const stepMs = 1_000
const roundsMax = 300

/** The operator's process is gone. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

export class OperatorWorld {
  readonly clock: ManualClock
  readonly plane = new SimulatedPlane()
  readonly api: MemoryApi
  readonly nodes: SimulatedNodes
  readonly notes: string[] = []
  /** Writes of the operator, `verb resource name`. */
  readonly writes: string[] = []
  /** After the write of this number, or each, the operator is killed: the next look is another process's. */
  kill: { readonly at: number | 'every' } | undefined
  /** Told before each write. */
  onWrite: ((write: string) => void) | undefined
  leaderTerm = 1
  #random = 1
  #image = 'anabranch:1'

  /** `from`: everything is there that is in that world now; both go their own way from then on. */
  constructor(from?: OperatorWorld) {
    this.clock = new ManualClock(from?.clock.now())
    const random = { bytes: (length: number) => this.#bytes(length) }
    const machinery = new Machinery({ clock: this.clock, random, kinds: served })
    this.api = new MemoryApi({ machinery, clock: this.clock })
    this.nodes = new SimulatedNodes(this.api, this.plane, () => this.clock.now())
    if (from === undefined) {
      machinery.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
      return
    }
    const { storage } = from.api.machinery
    for (const { resource } of machinery.kinds) {
      for (const object of (storage.at(resource, storage.revision) ?? new Map()).values())
        machinery.storage.put(resource, object)
    }
    for (const [uid, process] of from.plane.processes) this.plane.processes.set(uid, { ...process })
    this.nodes.addresses = from.nodes.addresses
    this.#random = from.#random
  }

  /** As `kubectl apply` of a user: judged and defaulted like the API server would. */
  async apply(kind: string, name: string, spec: object, annotations?: Readonly<Record<string, string>>): Promise<void> {
    const known = kinds.find((one) => one.kind === kind)!
    const resource = Object.values(resources).find((one) => one.kind === kind) as Resource
    const before = await this.api.get(resource, { namespace, name })
    const metadata = { name, namespace, ...(annotations && { annotations }) }
    const object = { apiVersion: 'anabranch.dev/v1alpha1', kind, metadata, spec }
    const verdict = judge(known, object, before)
    if (verdict.object === undefined) throw new Error(verdict.problems.map(({ message }) => message).join('; '))
    await this.api.apply(resource, verdict.object as unknown as KubeObject, { fieldManager: 'kubectl', force: true })
  }

  async delete(kind: string, name: string): Promise<void> {
    const resource = Object.values(resources).find((one) => one.kind === kind) as Resource
    await this.api.delete(resource, { namespace, name }, {})
  }

  async get(resource: Resource, name: string): Promise<KubeObject | undefined> {
    return this.api.get(resource, { namespace, name })
  }

  async names(resource: Resource): Promise<string[]> {
    return (await this.api.list(resource, { namespace })).items.map(({ metadata }) => metadata.name).sort()
  }

  async map(cluster = 'shop'): Promise<RoutingMap> {
    const config = await this.get(resources.configMaps, `${cluster}-routing`)
    return parseRoutingMap((config!.data as { [routingKey]: string })[routingKey], 'map')
  }

  /** Everything that is there, a line each, without what differs from run to run: addresses, uids, times, chance. */
  async dump(): Promise<string[]> {
    const lines: string[] = []
    for (const resource of Object.values(resources).filter(({ namespaced }) => namespaced)) {
      if (resource.kind === 'Event' || this.api.machinery.kinds.every((one) => one.resource.kind !== resource.kind))
        continue
      for (const { metadata, spec, status } of (await this.api.list(resource, { namespace })).items) {
        const name = metadata.name.replace(/-\d+$/, (ordinal) =>
          metadata.labels?.[labelNames.replica] ? ordinal : '-*',
        )
        const known = status as { phase?: string; conditions?: { type: string; status: string }[] } | undefined
        const conditions = known?.conditions?.map((one) => `${one.type}=${one.status}`).sort()
        const { revision } = (spec ?? {}) as { revision?: string }
        const parts = [metadata.labels?.[labelNames.revision], revision, known?.phase, conditions?.join(',')]
        lines.push([resource.kind, name, ...parts.filter(Boolean)].join(' '))
      }
    }
    return lines.sort()
  }

  /** One look at every object, then one step of the nodes, then a second passes. `false`: the operator was killed. */
  async round(): Promise<boolean> {
    const isAlive = await this.look()
    await this.nodes.step()
    await this.clock.advance(stepMs)
    return isAlive
  }

  /** Each reconciled object once. What fails is tried in the next round, as the queue would. */
  async look(): Promise<boolean> {
    const operator = this.#operator()
    for (const kind of reconciledKinds) {
      for (const { metadata } of (await this.api.list(kind.resource, { namespace })).items) {
        try {
          await reconcile(operator, kind, { namespace, name: metadata.name })
        } catch (error) {
          if (error instanceof Killed) return false
        }
      }
    }
    return true
  }

  /** One look at one object. Throws what it throws. */
  async reconcile(kind: ReconciledKind, name: string): Promise<void> {
    await reconcile(this.#operator(), kind, { namespace, name })
  }

  /**
   * Until nothing is written any more by anybody for so many rounds. Throws when that takes too long. The default is
   * longer than minReadySeconds of the default: what waits for it looks quiet.
   */
  async settle(quietRounds = 13): Promise<void> {
    let quiet = 0
    for (let round = 0; round < roundsMax; round++) {
      const before = this.api.machinery.storage.revision
      await this.round()
      quiet = this.api.machinery.storage.revision === before ? quiet + 1 : 0
      if (quiet >= quietRounds) return
    }
    throw new Error(`not settled after ${roundsMax} rounds; last writes:\n${this.writes.slice(-10).join('\n')}`)
  }

  /** Until it holds, or throws. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let round = 0; round < roundsMax; round++) {
      if (await holds()) return
      await this.round()
    }
    throw new Error(`${what}: not so after ${roundsMax} rounds`)
  }

  #operator(): Reconciler {
    const api = this.#counting()
    const gate = new WriteGate(() => undefined)
    return {
      api,
      gate,
      writes: new Writes({ api, manager, gate }),
      reader: new LiveReader(api),
      plane: this.plane,
      clock: this.clock,
      random: { bytes: (length) => this.#bytes(length) },
      leaderTerm: () => this.leaderTerm,
      manager,
      operator: { version: '1', image: this.#image },
      logger: { info() {}, warn() {}, error() {} },
      record: (object, { type, reason, message }: Note) => {
        this.notes.push(`${type} ${object.kind} ${object.metadata.name} ${reason}: ${message}`)
      },
      vetoed() {},
    }
  }

  /** The API as the operator has it: its writes are listed, and it dies at the one that the test names. */
  #counting(): KubeApi {
    const { api } = this
    let isDead = false
    const write = async <Answer>(what: string, send: () => Promise<Answer>): Promise<Answer> => {
      if (isDead) throw new Killed()
      const { kill } = this
      const isLast = kill !== undefined && this.writes.length + 1 === kill.at
      this.onWrite?.(what)
      const answer = await send()
      this.writes.push(what)
      if (isLast || kill?.at === 'every') isDead = true
      if (isDead) throw new Killed()
      return answer
    }
    const named = (verb: string, { plural }: Resource, name: string, sub?: string) =>
      `${verb} ${plural}${sub === undefined ? '' : `/${sub}`} ${name}`
    return {
      get: (resource, key) => api.get(resource, key),
      list: (resource, query) => api.list(resource, query),
      watch: (resource, query, signal) => api.watch(resource, query, signal),
      raw: (request) => api.raw(request),
      create: (resource, object, options) =>
        write(named('create', resource, object.metadata.name), () => api.create(resource, object, options)),
      replace: (resource, object, options) =>
        write(named('replace', resource, object.metadata.name), () => api.replace(resource, object, options)),
      apply: (resource, object, options) =>
        write(named('apply', resource, object.metadata.name, options.subresource), () =>
          api.apply(resource, object, options),
        ),
      patch: (resource, key, patch, options) =>
        write(named('patch', resource, key.name), () => api.patch(resource, key, patch, options)),
      delete: (resource, key, options) =>
        write(named('delete', resource, key.name), () => api.delete(resource, key, options)),
    }
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at++) {
      this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) >>> 0
      bytes[at] = this.#random >>> 16
    }
    return bytes
  }
}

/** Made once: it takes longer than most tests. */
const served = kinds.flatMap((kind) => kindsOf(crd(kind) as unknown as KubeObject))
