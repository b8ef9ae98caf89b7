/** The service account of a cluster's pods: an identity without rights and without a token in the pod. */
import type { KubeObject } from '../kube/object.ts'
import { accountName, ownedMeta } from './names.ts'
import type { ClusterView } from './view.ts'

export function serviceAccount(view: ClusterView): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: ownedMeta(view, accountName(view.name), {}),
    automountServiceAccountToken: false,
  }
}
