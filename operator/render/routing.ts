/**
 * The ConfigMap that is the home of the routing map and of the settings: what pods start with, and what the
 * operator pushes. It outlives its cluster, for whoever adopts the data.
 */
import { formatRoutingMap, type RoutingMap } from '../../dataplane/routing/map.ts'
import type { Settings } from '../../dataplane/settings/settings.ts'
import type { KubeObject } from '../kube/object.ts'
import { annotationNames, labelsOf, routingName } from './names.ts'
import type { ClusterView } from './view.ts'

export const routingKey = 'routing.json'
export const settingsKey = 'settings.json'

export interface RoutingContent {
  readonly map: RoutingMap
  readonly settings: Settings
  /** Uids of the claims of log and store. */
  readonly claims: { readonly log: string; readonly store: string }
}

/** `resourceVersion`: replaces just that version (compare-and-swap); absent: for a create. */
export function routingConfigMap(view: ClusterView, content: RoutingContent, resourceVersion?: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: routingName(view.name),
      namespace: view.namespace,
      labels: labelsOf(view.name, { data: view.dataId }),
      annotations: {
        [annotationNames.owner]: view.uid,
        [annotationNames.logClaim]: content.claims.log,
        [annotationNames.storeClaim]: content.claims.store,
      },
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    data: {
      [routingKey]: formatRoutingMap(content.map),
      [settingsKey]: `${JSON.stringify(content.settings, null, 2)}\n`,
    },
  }
}
