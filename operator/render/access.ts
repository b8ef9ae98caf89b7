/** The Secret with projects, tokens and quotas: what ingest and query pods start with, and what is pushed to them. */
import type { AccessTable } from '../../dataplane/access/table.ts'
import type { KubeObject } from '../kube/object.ts'
import { accessName, ownedMeta } from './names.ts'
import type { ClusterView } from './view.ts'

export const accessKey = 'access.json'

export function accessSecret(view: ClusterView, table: AccessTable, resourceVersion?: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...ownedMeta(view, accessName(view.name), {}),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    type: 'Opaque',
    data: { [accessKey]: Buffer.from(JSON.stringify(table)).toString('base64') },
  }
}
