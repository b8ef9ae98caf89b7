/** The view of a cluster that builders take, once it is known whose data it has. */
import type { EventCluster } from '../../kube/kinds.ts'
import type { ClusterView } from '../../render/view.ts'
import { uidOf } from '../seen.ts'
import type { Identity } from './identity.ts'

export function viewOf(cluster: EventCluster, { dataId, claims }: Pick<Identity, 'dataId' | 'claims'>): ClusterView {
  const { name, namespace = '' } = cluster.metadata
  return { namespace, name, uid: uidOf(cluster), spec: cluster.spec, dataId, claims }
}
