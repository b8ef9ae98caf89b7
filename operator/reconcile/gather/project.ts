/** All that the plan of a project looks at. */
import type { CompactionPolicy, EventCluster, Project } from '../../kube/kinds.ts'
import type { ObjectKey } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import { readAccess } from '../../plan/cluster/recorded.ts'
import { policiesFor, selectorProblem } from '../../plan/policy/precedence.ts'
import type { ProjectInput } from '../../plan/project/input.ts'
import { type Pod, roleOf } from '../../plan/seen.ts'
import { accessName, labelNames } from '../../render/names.ts'
import type { Surrounding } from '../surrounding.ts'
import { gatherEvidence } from './evidence.ts'
import { secretsOf } from './namespace.ts'

/** `undefined`: there is none. */
export async function gatherProject(world: Surrounding, key: ObjectKey): Promise<ProjectInput | undefined> {
  const { reader, plane, clock } = world
  const project = (await reader.get(resources.projects, key)) as Project | undefined
  if (project === undefined) return undefined
  const { namespace = '' } = project.metadata
  const { name } = project.spec.clusterRef
  const [cluster, projects, access, pods, policies] = await Promise.all([
    reader.get(resources.eventClusters, { namespace, name }) as Promise<EventCluster | undefined>,
    reader.list(resources.projects, { namespace }) as Promise<readonly Project[]>,
    reader.get(resources.secrets, { namespace, name: accessName(name) }),
    reader.list(resources.pods, { namespace, labels: { [labelNames.cluster]: name } }) as Promise<readonly Pod[]>,
    reader.list(resources.compactionPolicies, { namespace }) as Promise<readonly CompactionPolicy[]>,
  ])
  const siblings = projects.filter(({ spec }) => spec.clusterRef.name === name)
  const admitting = pods.filter((pod) => roleOf(pod) === 'ingest' || roleOf(pod) === 'query')
  const valid = policies.filter((policy) => selectorProblem(policy) === undefined)
  return {
    now: clock.now(),
    ...{ project, cluster, siblings },
    secrets: await secretsOf(reader, siblings),
    table: readAccess(access),
    pods: admitting,
    evidence: await gatherEvidence(plane, admitting),
    policies:
      cluster === undefined ? [] : policiesFor(valid, { cluster, project }).map(({ metadata }) => metadata.name),
  }
}
