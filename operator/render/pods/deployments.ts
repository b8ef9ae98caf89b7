/** Ingest and query: they keep nothing, so Deployments run them, also while no operator does. */
import type { KubeObject } from '../../kube/object.ts'
import { accessKey } from '../access.ts'
import { accessName, annotationNames, ingestName, labelsOf, ownedMeta, ports, queryName, selectorOf } from '../names.ts'
import { logAddress } from '../services.ts'
import type { ClusterView } from '../view.ts'
import { podSpec, routingPath } from './container.ts'
import { templateMeta } from './meta.ts'
import { roleSpread } from './spread.ts'

/** As long as nodes and load balancers may go on sending to a pod that was told to end. */
const lingerMs = 3_000
const httpArgs = ['--http-port', String(ports.http), '--http-linger-ms', String(lingerMs)]
const accessPath = `/etc/anabranch/access/${accessKey}`

export interface Rollout {
  readonly image: string
  /** From the cluster's annotation; another value rolls each pod once. */
  readonly restartedAt: string | undefined
}

export function ingestDeployment(view: ClusterView, rollout: Rollout): KubeObject {
  const args = ['--log', logAddress(view), '--access-table', accessPath, ...httpArgs]
  return deployment(view, { ...rollout, role: 'ingest', name: ingestName(view.name), args })
}

export function queryDeployment(view: ClusterView, rollout: Rollout): KubeObject {
  const args = ['--routing-map', routingPath, '--access-table', accessPath, ...httpArgs]
  return deployment(view, { ...rollout, role: 'query', name: queryName(view.name), args })
}

function deployment(
  view: ClusterView,
  options: Rollout & { role: 'ingest' | 'query'; name: string; args: readonly string[] },
): KubeObject {
  const { role, name, args, image, restartedAt } = options
  const { replicas, resources, pod } = view.spec[role]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: ownedMeta(view, name, { role }),
    spec: {
      replicas,
      minReadySeconds: view.spec.upgrade.minReadySeconds,
      revisionHistoryLimit: 2,
      selector: { matchLabels: selectorOf(view.name, role) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: templateMeta(pod, {
          labels: labelsOf(view.name, { role }),
          ...(restartedAt !== undefined && { annotations: { [annotationNames.restartedAt]: restartedAt } }),
        }),
        spec: podSpec(view, {
          role,
          image,
          args,
          resources,
          mounts: [{ name: 'access', mountPath: '/etc/anabranch/access', readOnly: true }],
          volumes: [{ name: 'access', secret: { secretName: accessName(view.name) } }],
          topologySpread: roleSpread(view, role),
          pod,
        }),
      },
    },
  }
}
