/** What several gatherers read of a namespace. */
import type { EventCluster, Project } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import type { Surroundings } from '../../plan/cluster/identity.ts'
import type { Claim } from '../../plan/seen.ts'
import { labelNames, tokenSecretName } from '../../render/names.ts'
import type { Reader } from '../reader.ts'

/** It is being deleted, or is gone. */
export async function isEnding(reader: Reader, namespace: string): Promise<boolean> {
  const found = await reader.get(resources.namespaces, { name: namespace })
  return found === undefined || found.metadata.deletionTimestamp !== undefined
}

/** What says whose data a cluster has. */
export async function surroundingsOf(reader: Reader, cluster: EventCluster): Promise<Surroundings> {
  const { namespace = '' } = cluster.metadata
  const [clusters, claims, maps] = await Promise.all([
    reader.list(resources.eventClusters, { namespace }),
    reader.list(resources.persistentVolumeClaims, { namespace }),
    reader.list(resources.configMaps, { namespace }),
  ])
  const holdsData = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.data] !== undefined
  const isNamesake = ({ metadata: { name } }: KubeObject) => name.startsWith(`${cluster.metadata.name}-`)
  return {
    cluster,
    clusters: clusters as EventCluster[],
    dataClaims: claims.filter((one) => holdsData(one) || isDataName(one, cluster)) as Claim[],
    routingMaps: maps.filter((one) => holdsData(one) || (isNamesake(one) && one.metadata.name.endsWith('-routing'))),
  }
}

/** A claim of somebody else under the name of ours. */
function isDataName({ metadata: { name } }: KubeObject, { metadata }: EventCluster): boolean {
  return name === `${metadata.name}-log` || name === `${metadata.name}-store`
}

/** Secrets that projects name, those made for them too, by name. */
export async function secretsOf(reader: Reader, projects: readonly Project[]): Promise<Map<string, KubeObject>> {
  const names = projects.flatMap(({ metadata: { name, namespace = '' }, spec }) =>
    spec.tokens.map((token) => ({ namespace, name: token.secretRef?.name ?? tokenSecretName(name, token.name) })),
  )
  const found = await Promise.all(names.map((key) => reader.get(resources.secrets, key)))
  return new Map(found.filter((one) => one !== undefined).map((secret) => [secret.metadata.name, secret]))
}
