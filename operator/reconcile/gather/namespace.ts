/** What several gatherers read of a namespace. */
import type { EventCluster, Project } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { type Resource, resources } from '../../kube/resource.ts'
import { dataIdOf, type Surroundings } from '../../plan/cluster/identity.ts'
import { type Claim, uidOf } from '../../plan/seen.ts'
import { annotationNames, labelNames, logName, routingName, storeName, tokenSecretName } from '../../render/names.ts'
import type { Reader } from '../reader.ts'

/** It is being deleted, or is gone. */
export async function isEnding(reader: Reader, namespace: string): Promise<boolean> {
  const found = await reader.get(resources.namespaces, { name: namespace })
  return found === undefined || found.metadata.deletionTimestamp !== undefined
}

/** What says whose data a cluster has: what bears its names, and what bears its data's id. */
export async function surroundingsOf(reader: Reader, cluster: EventCluster): Promise<Surroundings> {
  const { namespace = '', name } = cluster.metadata
  const labels = { [labelNames.data]: dataIdOf(cluster) }
  const named = (resource: Resource, ...names: string[]) =>
    Promise.all(names.map((one) => reader.get(resource, { namespace, name: one })))
  const [claims, maps, ownClaims, ownMaps] = await Promise.all([
    reader.list(resources.persistentVolumeClaims, { namespace, labels }),
    reader.list(resources.configMaps, { namespace, labels }),
    named(resources.persistentVolumeClaims, logName(name), storeName(name)),
    named(resources.configMaps, routingName(name)),
  ])
  const [dataClaims, routingMaps] = [unique(ownClaims, claims) as Claim[], unique(ownMaps, maps)]
  const isForeign = ({ metadata }: KubeObject) => metadata.annotations?.[annotationNames.owner] !== uidOf(cluster)
  // Who else is there matters only where somebody else's data is.
  const clusters = [...dataClaims, ...routingMaps].some(isForeign)
    ? ((await reader.list(resources.eventClusters, { namespace })) as EventCluster[])
    : [cluster]
  return { cluster, clusters, dataClaims, routingMaps }
}

function unique(own: readonly (KubeObject | undefined)[], others: readonly KubeObject[]): KubeObject[] {
  const found = own.filter((one) => one !== undefined)
  return [...found, ...others.filter((other) => !found.some(({ metadata }) => metadata.name === other.metadata.name))]
}

/** Secrets that projects name, those made for them too, by name. */
export async function secretsOf(reader: Reader, projects: readonly Project[]): Promise<Map<string, KubeObject>> {
  const names = projects.flatMap(({ metadata: { name, namespace = '' }, spec }) =>
    spec.tokens.map((token) => ({ namespace, name: token.secretRef?.name ?? tokenSecretName(name, token.name) })),
  )
  const found = await Promise.all(names.map((key) => reader.get(resources.secrets, key)))
  return new Map(found.filter((one) => one !== undefined).map((secret) => [secret.metadata.name, secret]))
}
