/**
 * Revisions: the settings of a cluster's pods that take a restart, once and unchangeable, under a name that is
 * their hash. A pod carries the name of the one it was made from, so that equal settings never restart anything.
 */
import type { EventClusterSpec } from '../kube/kinds.ts'
import type { KubeObject } from '../kube/object.ts'
import { digestOf } from './digest.ts'
import { ownedMeta } from './names.ts'
import { type ClusterView, type FileLog, fileLogOf } from './view.ts'

/** What a revision fixes. */
export interface RevisionData {
  readonly image: string
  readonly imagePullSecrets: NonNullable<EventClusterSpec['imagePullSecrets']>
  readonly shard: Pick<EventClusterSpec['shard'], 'resources' | 'topologySpread' | 'pod'>
  readonly log: Pick<FileLog, 'resources' | 'pod'>
  /** From the annotation: another value rolls each pod once. */
  readonly restartedAt: string | null
}

export function revisionData(spec: EventClusterSpec, image: string, restartedAt: string | undefined): RevisionData {
  const { resources, topologySpread, pod } = spec.shard
  const log = fileLogOf(spec)
  return {
    image,
    imagePullSecrets: spec.imagePullSecrets ?? [],
    shard: { resources, topologySpread, ...(pod && { pod }) },
    log: { resources: log.resources, ...(log.pod && { pod: log.pod }) },
    restartedAt: restartedAt ?? null,
  }
}

/** `shop-6f9d2c1a`: equal data, equal name. */
export function revisionName(cluster: string, data: RevisionData): string {
  return `${cluster}-${digestOf(canonical(data)).slice(0, 8)}`
}

export function revisionObject(view: ClusterView, data: RevisionData, number: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: ownedMeta(view, revisionName(view.name, data), {}),
    revision: number,
    data: data as unknown as Record<string, unknown>,
  }
}

/** The cluster as it was at a revision: pods are made from it. */
export function atRevision(view: ClusterView, { shard, log, imagePullSecrets }: RevisionData): ClusterView {
  const { spec } = view
  const [{ pod: _shardPod, ...ownShard }, { pod: _logPod, ...ownLog }] = [spec.shard, fileLogOf(spec)]
  const file = { ...ownLog, ...log }
  return {
    ...view,
    spec: { ...spec, imagePullSecrets, shard: { ...ownShard, ...shard }, log: { ...spec.log, file } },
  }
}

/** JSON with the keys of each object in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
    .join(',')}}`
}
