/**
 * What must outlive everything: a volume of log or store is never made anew in the place of one that had the data, a token is
 * never written again, and who lets go of an EventCluster or a Shard has left nothing running behind.
 */
import type { Change } from '../../../devcluster/api/storage.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { tokenKey } from '../../../operator/render/tokens.ts'
import type { People } from '../people.ts'
import type { OperatorWorld } from '../world.ts'

export class Belongings {
  readonly #world: OperatorWorld
  readonly #people: People
  /** uid by id of the data and role, once the map has said that the claim holds it. */
  readonly #volumes = new Map<string, string>()
  readonly #tokens = new Map<string, string>()

  constructor(world: OperatorWorld, people: People) {
    this.#world = world
    this.#people = people
    world.machinery.storage.listen((change) => this.#look(change))
  }

  /** There was a map, and so data. */
  get hadData(): boolean {
    return this.#volumes.size > 0
  }

  /** The data was destroyed, as was wanted: what comes now is new. */
  forget(): void {
    this.#volumes.clear()
    this.#tokens.clear()
  }

  #look({ before, after }: Change): void {
    const { kind } = (after ?? before)!
    if (kind === 'PersistentVolumeClaim' && after !== undefined && before === undefined) this.#volume(after)
    if (kind === 'ConfigMap' && after !== undefined && before === undefined) this.#recorded()
    if (kind === 'Secret' && after !== undefined) this.#token(after)
    if (kind === 'EventCluster' && after === undefined) this.#gone(before!, labelNames.cluster, before!.metadata.name)
    if (kind === 'Shard' && after === undefined) {
      const { id } = before!.spec as { id: number }
      this.#gone(before!, labelNames.shard, String(id))
    }
  }

  /** From the first map on the claims that are there hold the data. */
  #recorded(): void {
    for (const claim of this.#all(resources.persistentVolumeClaims)) {
      const key = keyOf(claim)
      if (key !== undefined && !this.#volumes.has(key)) this.#volumes.set(key, claim.metadata.uid!)
    }
  }

  #volume(claim: KubeObject): void {
    const key = keyOf(claim)
    const known = key && this.#volumes.get(key)
    if (known === undefined || known === claim.metadata.uid) return
    this.#world.broken('OPR-1', `${this.#who()} made an empty claim ${claim.metadata.name} in the place of the data's`)
  }

  #token({ metadata, data }: KubeObject): void {
    const text = (data as Readonly<Record<string, string>> | undefined)?.[tokenKey]
    if (text === undefined || metadata.labels?.[labelNames.project] === undefined) return
    const before = this.#tokens.get(metadata.name)
    this.#tokens.set(metadata.name, text)
    if (before === undefined || before === text || this.#people.destroysSince !== undefined) return
    this.#world.broken('OPR-1', `${this.#who()} replaced the token of Secret ${metadata.name}: clients are locked out`)
  }

  #gone({ kind, metadata }: KubeObject, label: string, value: string): void {
    const kinds: readonly Resource[] =
      kind === 'Shard' ? [resources.pods] : [resources.pods, resources.shards, resources.deployments]
    for (const resource of kinds) {
      const left = this.#all(resource).find(
        (one) => one.metadata.labels?.[label] === value && one.metadata.deletionTimestamp === undefined,
      )
      if (left === undefined || isOfAnother(left, metadata.name, kind)) continue
      this.#world.broken(
        'OPR-1',
        `${this.#who()} let ${kind} ${metadata.name} go while ${left.kind} ${left.metadata.name} is there`,
      )
    }
  }

  #all(resource: Resource): KubeObject[] {
    const { storage } = this.#world.machinery
    return [...(storage.at(resource, storage.revision) ?? new Map<string, KubeObject>()).values()]
  }

  #who(): string {
    const { writer } = this.#world
    return writer === undefined ? 'somebody' : `${writer.life}`
  }
}

function isOfAnother(object: KubeObject, name: string, kind: string): boolean {
  const { labels = {} } = object.metadata
  return kind === 'Shard' && `${labels[labelNames.cluster]}-${labels[labelNames.shard]}` !== name
}

function keyOf({ metadata: { labels = {} } }: KubeObject): string | undefined {
  const id = labels[labelNames.data]
  return id === undefined ? undefined : `${id} ${labels[labelNames.role] ?? 'store'}`
}
