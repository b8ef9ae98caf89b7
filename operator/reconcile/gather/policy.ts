/** All that the plan of a CompactionPolicy looks at. */
import type { CompactionPolicy, EventCluster, Project, Shard } from '../../kube/kinds.ts'
import type { ObjectKey } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import type { PolicyInput } from '../../plan/policy/decide.ts'
import type { Surrounding } from '../surrounding.ts'

/** `undefined`: there is none. */
export async function gatherPolicy(world: Surrounding, key: ObjectKey): Promise<PolicyInput | undefined> {
  const { reader, clock } = world
  const namespace = key.namespace ?? ''
  const [policies, clusters, shards, projects] = await Promise.all([
    reader.list(resources.compactionPolicies, { namespace }) as Promise<readonly CompactionPolicy[]>,
    reader.list(resources.eventClusters, { namespace }) as Promise<readonly EventCluster[]>,
    reader.list(resources.shards, { namespace }) as Promise<readonly Shard[]>,
    reader.list(resources.projects, { namespace }) as Promise<readonly Project[]>,
  ])
  const policy = policies.find(({ metadata }) => metadata.name === key.name)
  return policy && { now: clock.now(), policy, policies, clusters, shards, projects }
}
