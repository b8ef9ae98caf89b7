/** The pod of one replica of a shard: store and cache mounted, its name is its identity in the routing map. */

import { bytesOf } from '../../../crds/quantity.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { ReplicaRef } from '../claims.ts'
import { labelsOf, ownerOf, replicaName } from '../names.ts'
import { logAddress } from '../services.ts'
import type { ClusterView } from '../view.ts'
import { podSpec, routingPath } from './container.ts'
import { templateMeta } from './meta.ts'
import { replicaSpread } from './spread.ts'

/** Part of the volume that the cache may fill: file systems and half-written copies need the rest. */
const cacheShare = 0.9

export function replicaPod(view: ClusterView, ref: ReplicaRef & { image: string }): KubeObject {
  const { shard, replica, revision, image } = ref
  const name = replicaName(view.name, shard.id, replica)
  const cacheBytes = Math.floor(bytesOf(view.spec.shard.storage.size) * cacheShare)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: templateMeta(view.spec.shard.pod, {
      name,
      namespace: view.namespace,
      labels: labelsOf(view.name, { role: 'replica', shard: shard.id, replica, revision }),
      ownerReferences: [ownerOf({ kind: 'Shard', name: shard.name, uid: shard.uid })],
    }),
    spec: {
      hostname: name,
      ...podSpec(view, {
        role: 'replica',
        image,
        args: [
          ...['--shard', String(shard.id), '--name', name, '--routing-map', routingPath, '--log', logAddress(view)],
          ...['--store-folder', '/data/store', '--cache-folder', '/data/cache/segments'],
          ...['--cache-bytes-max', String(cacheBytes)],
        ],
        resources: view.spec.shard.resources,
        mounts: [
          { name: 'store', mountPath: '/data/store' },
          { name: 'cache', mountPath: '/data/cache' },
        ],
        volumes: [
          { name: 'store', persistentVolumeClaim: { claimName: view.claims.store } },
          { name: 'cache', persistentVolumeClaim: { claimName: name } },
        ],
        topologySpread: replicaSpread(view, shard.id),
        pod: view.spec.shard.pod,
      }),
    },
  }
}
