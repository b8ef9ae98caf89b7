/** All that the plan of a cluster looks at. */
import type { EventCluster, Project, Shard } from '../../kube/kinds.ts'
import type { ObjectKey } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import type { ClusterInput } from '../../plan/cluster/input.ts'
import { isDeleting, type Pod } from '../../plan/seen.ts'
import { accessName, labelNames } from '../../render/names.ts'
import type { Surrounding } from '../surrounding.ts'
import { gatherEvidence } from './evidence.ts'
import { isEnding, secretsOf, surroundingsOf } from './namespace.ts'

/** `undefined`: there is none. */
export async function gatherCluster(world: Surrounding, key: ObjectKey): Promise<ClusterInput | undefined> {
  const { reader, plane, clock, operator } = world
  const cluster = (await reader.get(resources.eventClusters, key)) as EventCluster | undefined
  if (cluster === undefined) return undefined
  const { name, namespace = '' } = cluster.metadata
  const labels = { [labelNames.cluster]: name }
  const list = (resource: (typeof resources)[keyof typeof resources]) => reader.list(resource, { namespace, labels })
  const [surroundings, shards, pods, deployments, revisions, services, networkPolicies, allProjects, made] =
    await Promise.all([
      surroundingsOf(reader, cluster),
      reader.list(resources.shards, { namespace, labels }) as Promise<readonly Shard[]>,
      list(resources.pods) as Promise<readonly Pod[]>,
      list(resources.deployments),
      list(resources.controllerRevisions),
      list(resources.services),
      list(resources.networkPolicies),
      reader.list(resources.projects, { namespace }) as Promise<readonly Project[]>,
      list(resources.secrets),
    ])
  const projects = allProjects.filter(({ spec }) => spec.clusterRef.name === name)
  const named = await secretsOf(reader, projects)
  const secrets = new Map([...made.map((secret) => [secret.metadata.name, secret] as const), ...named])
  const pullSecrets = (cluster.spec.imagePullSecrets ?? []).map((secret) =>
    reader.get(resources.secrets, { namespace, name: secret.name }),
  )
  const found = (await Promise.all(pullSecrets)).filter((one) => one !== undefined)
  return {
    now: clock.now(),
    ...surroundings,
    operator,
    isNamespaceEnding: isDeleting(cluster) && (await isEnding(reader, namespace)),
    ...{ shards, pods, deployments, revisions, services, networkPolicies, projects, secrets },
    access: secrets.get(accessName(name)),
    pullSecrets: new Set(found.map(({ metadata }) => metadata.name)),
    evidence: await gatherEvidence(plane, pods),
  }
}
