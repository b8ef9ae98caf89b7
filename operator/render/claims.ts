/**
 * Volumes. Those of log and store hold the data and outlive their cluster: no owner, the data's id on them.
 * A replica's is a cache, and carries which revision the replica is to run (see `operator/plan/shard/roll.ts`).
 */
import type { KubeObject } from '../kube/object.ts'
import { annotationNames, labelsOf, ownerOf, replicaName } from './names.ts'
import { type ClusterView, fileLogOf, folderStoreOf } from './view.ts'

interface Storage {
  readonly size: string
  readonly storageClassName?: string | undefined
}

export function logClaim(view: ClusterView): KubeObject {
  const { storage } = fileLogOf(view.spec)
  return dataClaim(view, { name: view.claims.log, role: 'log', accessMode: 'ReadWriteOnce', storage })
}

export function storeClaim(view: ClusterView): KubeObject {
  const { storage, accessMode } = folderStoreOf(view.spec)
  return dataClaim(view, { name: view.claims.store, accessMode, storage })
}

function dataClaim(
  view: ClusterView,
  claim: { name: string; role?: 'log'; accessMode: string; storage: Storage },
): KubeObject {
  const { namespace, name: cluster, uid, dataId } = view
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claim.name,
      namespace,
      labels: labelsOf(cluster, { data: dataId, ...(claim.role && { role: claim.role }) }),
      annotations: { [annotationNames.owner]: uid },
    },
    spec: claimSpec(claim.accessMode, claim.storage),
  }
}

export interface ReplicaRef {
  readonly shard: { readonly name: string; readonly uid: string; readonly id: number }
  readonly replica: number
  readonly revision: string
}

export function replicaClaim(view: ClusterView, { shard, replica, revision }: ReplicaRef): KubeObject {
  const { namespace, name: cluster, spec } = view
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: replicaName(cluster, shard.id, replica),
      namespace,
      labels: labelsOf(cluster, { role: 'replica', shard: shard.id, replica, revision }),
      ownerReferences: [ownerOf({ kind: 'Shard', name: shard.name, uid: shard.uid })],
    },
    spec: claimSpec('ReadWriteOnce', spec.shard.storage),
  }
}

function claimSpec(accessMode: string, { size, storageClassName }: Storage) {
  return {
    accessModes: [accessMode],
    resources: { requests: { storage: size } },
    ...(storageClassName !== undefined && { storageClassName }),
  }
}
