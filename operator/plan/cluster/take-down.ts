/**
 * Takes a cluster down in order: first what accepts and asks, then the shards, then the log, then the rest, then,
 * where the user has confirmed it, the data. Each step waits until the one before is seen to be gone, so that
 * whoever goes on after a crash finds where it stands.
 */

import { hasFinalizer } from '../../kube/finalizer.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import { resources } from '../../kube/resource.ts'
import { annotationNames, finalizer, labelNames } from '../../render/names.ts'
import { type Action, remove } from '../action.ts'
import { isDeleting, roleOf, uidOf } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import { dataIdOf, identify } from './identity.ts'
import type { ClusterInput } from './input.ts'

export interface TakeDown {
  readonly actions: readonly Action[]
  readonly blocked: readonly Blocked[]
  /** What it waits for, for people. */
  readonly waitsFor: string
}

export function takeDownCluster(input: ClusterInput): TakeDown {
  const { cluster, isNamespaceEnding, deployments, pods, shards } = input
  if (isNamespaceEnding) return release(input)
  if (deployments.length > 0) return step('ingest and query', removeAll(resources.deployments, deployments))
  const serving = pods.filter((pod) => roleOf(pod) === 'ingest' || roleOf(pod) === 'query')
  if (serving.length > 0) return step('the pods of ingest and query', [])
  if (shards.length > 0) return step('shards', removeAll(resources.shards, shards, 'TakeDown'))
  if (pods.length > 0) return step('the pod of the log', removeAll(resources.pods, pods, 'TakeDown'))
  const rest = [
    ...removeAll(resources.services, input.services),
    ...removeAll(resources.networkPolicies, input.networkPolicies),
    ...(input.access ? removeAll(resources.secrets, [input.access]) : []),
  ]
  if (rest.length > 0) return step('services', rest)
  const { policy, confirm } = cluster.spec.deletion
  return policy === 'Delete' && confirm === cluster.metadata.name ? destroy(input) : release(input)
}

/** The map goes last: as long as it is there the data is known to be this cluster's. */
function destroy(input: ClusterInput): TakeDown {
  const { cluster, dataClaims, routingMaps, secrets } = input
  const isOwn = ownership(input)
  const claims = dataClaims.filter(isOwn)
  if (claims.length > 0) return step('volumes', removeAll(resources.persistentVolumeClaims, claims, 'DestroyData'))
  const made = [...secrets.values()].filter(
    ({ metadata }) =>
      metadata.labels?.[labelNames.cluster] === cluster.metadata.name &&
      metadata.labels?.[labelNames.project] !== undefined,
  )
  const maps = routingMaps.filter(isOwn)
  const last = [...removeAll(resources.secrets, made), ...removeAll(resources.configMaps, maps)]
  return last.length > 0 ? step('tokens and routing map', last) : release(input)
}

/** What bears its uid; and what it was about to take over, or half of the data would go and half would stay. */
function ownership(input: ClusterInput): (object: KubeObject) => boolean {
  const { cluster, clusters } = input
  const mayInherit = !('problem' in identify(input))
  return ({ metadata }) => {
    const owner = metadata.annotations?.[annotationNames.owner]
    if (owner === uidOf(cluster)) return true
    const isOfId = metadata.labels?.[labelNames.data] === dataIdOf(cluster)
    return mayInherit && isOfId && !clusters.some((one) => uidOf(one) === owner)
  }
}

function release({ cluster }: ClusterInput): TakeDown {
  if (!hasFinalizer(cluster, finalizer)) return step('nothing', [])
  return step('nothing', [{ do: 'finalizer', change: 'remove', resource: resources.eventClusters, object: cluster }])
}

function step(waitsFor: string, actions: readonly Action[]): TakeDown {
  return { actions, blocked: [], waitsFor }
}

function removeAll(resource: Resource, objects: readonly KubeObject[], act?: string): Action[] {
  return objects.filter((one) => !isDeleting(one)).map((one) => remove(resource, one, act))
}
