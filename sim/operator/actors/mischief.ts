/**
 * What happens to a cluster by itself: processes of the operator are killed, ended, stopped and continued; pods fail, vanish,
 * hang; volumes get lost; the API server forgets its history; somebody else writes objects.
 */
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import type { SimulatedProcess } from '../cluster/plane.ts'
import type { OperatorProcess } from '../process.ts'
import { namespace, type OperatorWorld } from '../world.ts'

export class Mischief {
  readonly #world: OperatorWorld
  readonly #wake: () => void

  constructor(world: OperatorWorld, wake: () => void) {
    this.#world = world
    this.#wake = wake
  }

  async run(operators: readonly OperatorProcess[]): Promise<void> {
    const { scheduler, random, faults } = this.#world
    while (!faults.isStopped) {
      await scheduler.pass(undefined, 'mischief', { ms: 500 + random.below(1_000) })
      for (const operator of operators) this.#operator(operator)
      if (faults.isHistoryCompacted()) this.#world.machinery.storage.compact()
      await this.#objects()
      await this.#pods()
    }
  }

  /** Nothing hangs, differs or stands still any more; lost caches are cleared away by people. */
  async heal(operators: readonly OperatorProcess[]): Promise<void> {
    const { plane, api } = this.#world
    for (const program of plane.processes.values()) {
      program.hangs = false
      program.audit = 'audited'
      if (program.state === 'stuck') program.state = 'serving'
    }
    for (const { life } of operators) if (life !== undefined) life.stoppedUntil = 0
    for (const claim of await this.#all(resources.persistentVolumeClaims)) {
      const isLost = (claim.status as { phase?: string } | undefined)?.phase === 'Lost'
      if (isLost && isCache(claim))
        await this.#mischief(() => api.delete(resources.persistentVolumeClaims, claim.metadata, {}))
    }
    this.#wake()
  }

  #operator(operator: OperatorProcess): void {
    const { life } = operator
    if (life === undefined) return
    const { faults, random, scheduler, trace } = this.#world
    const fate = faults.fate()
    if (fate !== undefined) trace.add(`  ${life} ${fate}`)
    if (fate === 'killed') this.#world.crash(life)
    else if (fate === 'ended') operator.end()
    else if (fate === 'stopped') life.stoppedUntil = scheduler.elapsed + random.pick([3_000, 9_000, 20_000, 40_000])
  }

  async #objects(): Promise<void> {
    const { faults, random, api } = this.#world
    if (!faults.isTouched()) return
    const kinds = [
      resources.pods,
      resources.shards,
      resources.configMaps,
      resources.persistentVolumeClaims,
      resources.eventClusters,
    ]
    const resource = random.pick(kinds)
    const objects = await this.#all(resource)
    if (objects.length === 0) return
    const body = { metadata: { annotations: { 'example.com/touched': String(random.below(1_000)) } } }
    await api.patch(resource, random.pick(objects).metadata, { type: 'merge', body }, { fieldManager: 'somebody' })
  }

  async #pods(): Promise<void> {
    const { faults, api } = this.#world
    if (faults.is('podFails')) {
      const conditions = [{ type: 'Ready', status: 'False', reason: 'PodFailed' }]
      const status = { phase: 'Failed', reason: 'Evicted', conditions, containerStatuses: [] }
      await this.#one(resources.pods, (pod) => {
        this.#world.plane.processes.delete(pod.metadata.uid!)
        return api.patch(resources.pods, pod.metadata, { type: 'merge', body: { status } }, { subresource: 'status' })
      })
    }
    if (faults.is('podVanishes')) {
      await this.#one(resources.pods, (pod) => {
        this.#world.plane.processes.delete(pod.metadata.uid!)
        return api.delete(resources.pods, pod.metadata, { gracePeriodSeconds: 0 })
      })
    }
    if (faults.is('containerDies')) this.#process(({ uid }) => this.#world.plane.processes.delete(uid))
    if (faults.is('podHangs'))
      this.#process((program) =>
        this.#forAWhile(
          () => (program.hangs = true),
          () => (program.hangs = false),
        ),
      )
    if (faults.is('podStuck')) {
      this.#process((program) => {
        if (program.state !== 'serving') return
        this.#forAWhile(
          () => (program.state = 'stuck'),
          () => (program.state = 'serving'),
        )
      })
    }
    if (faults.is('diverges')) {
      this.#process((program) =>
        this.#forAWhile(
          () => (program.audit = 'diverged'),
          () => (program.audit = 'audited'),
        ),
      )
    }
    await this.#volumes()
  }

  async #volumes(): Promise<void> {
    const { faults, api, random } = this.#world
    const claims = resources.persistentVolumeClaims
    const lose = (claim: KubeObject): Promise<unknown> =>
      random.chance(0.5)
        ? api.delete(claims, claim.metadata, {})
        : api.patch(
            claims,
            claim.metadata,
            { type: 'merge', body: { status: { phase: 'Lost' } } },
            { subresource: 'status' },
          )
    if (faults.is('cacheLost')) await this.#one(claims, lose, isCache)
    const hasMap = (await this.#all(resources.configMaps)).length > 0
    if (!hasMap || this.#world.isDataLost || !faults.is('dataLost')) return
    await this.#one(
      claims,
      (claim) => {
        this.#world.isDataLost = true
        return lose(claim)
      },
      (claim) => !isCache(claim),
    )
  }

  #process(change: (program: SimulatedProcess) => void): void {
    const processes = [...this.#world.plane.processes.values()]
    if (processes.length > 0) change(this.#world.random.pick(processes))
    this.#wake()
  }

  #forAWhile(begin: () => void, end: () => void): void {
    const { scheduler, random, fail } = this.#world
    begin()
    scheduler
      .pass(undefined, 'mischief ends', { ms: 2_000 + random.below(20_000) })
      .then(() => {
        end()
        this.#wake()
      })
      .catch(fail)
  }

  async #one(
    resource: Resource,
    change: (object: KubeObject) => Promise<unknown>,
    fits: (object: KubeObject) => boolean = () => true,
  ): Promise<void> {
    const found = (await this.#all(resource)).filter(fits)
    if (found.length > 0) await this.#mischief(() => change(this.#world.random.pick(found)))
  }

  /** The change happens at once: whoever watches the objects knows that nobody wanted it. */
  #mischief(change: () => Promise<unknown>): Promise<unknown> {
    this.#world.isMischief = true
    try {
      return change()
    } finally {
      this.#world.isMischief = false
    }
  }

  async #all(resource: Resource): Promise<readonly KubeObject[]> {
    return (await this.#world.api.list(resource, { namespace })).items
  }
}

const isCache = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.data] === undefined
