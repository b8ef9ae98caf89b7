/** The pod of the embedded log, on its own volume. Made directly: two on one volume would fence each other. */
import type { KubeObject } from '../../kube/object.ts'
import { logName, ownedMeta } from '../names.ts'
import { type ClusterView, fileLogOf } from '../view.ts'
import { podSpec } from './container.ts'
import { templateMeta } from './meta.ts'
import { roleSpread } from './spread.ts'

export function logPod(view: ClusterView, { image, revision }: { image: string; revision: string }): KubeObject {
  const file = fileLogOf(view.spec)
  const meta = templateMeta(file.pod, ownedMeta(view, logName(view.name), { role: 'log', revision }))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta,
    spec: podSpec(view, {
      role: 'log',
      image,
      args: ['--log-folder', '/data/log', '--partitions', String(view.spec.log.partitions)],
      resources: file.resources,
      mounts: [{ name: 'data', mountPath: '/data' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: view.claims.log } }],
      topologySpread: roleSpread(view, 'log'),
      pod: file.pod,
    }),
  }
}
