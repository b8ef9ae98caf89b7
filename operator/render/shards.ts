/** Shards: ranges of the ring that together cover it, made once when a cluster is. */
import type { KubeObject } from '../kube/object.ts'
import { finalizer, ownedMeta, shardName } from './names.ts'
import type { ClusterView } from './view.ts'

const ringSize = 2 ** 32

export interface ShardWanted {
  readonly id: number
  /** Positions of the ring, end exclusive. */
  readonly start: number
  readonly end: number
  readonly replicas: number
  readonly revision: string
}

/** Equal ranges for a new cluster. */
export function equalRanges(count: number): { id: number; start: number; end: number }[] {
  const edge = (index: number) => Math.round((index * ringSize) / count)
  return Array.from({ length: count }, (_, id) => ({ id, start: edge(id), end: edge(id + 1) }))
}

export function shardObject(view: ClusterView, wanted: ShardWanted): KubeObject {
  return {
    apiVersion: 'anabranch.dev/v1alpha1',
    kind: 'Shard',
    metadata: {
      ...ownedMeta(view, shardName(view.name, wanted.id), { shard: wanted.id }),
      finalizers: [finalizer],
    },
    spec: {
      clusterRef: { name: view.name },
      id: wanted.id,
      range: { start: hex(wanted.start), end: hex(wanted.end) },
      replicas: wanted.replicas,
      revision: wanted.revision,
    },
  }
}

function hex(position: number): string {
  return position.toString(16).padStart(8, '0')
}
