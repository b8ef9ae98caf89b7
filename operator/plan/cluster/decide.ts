/**
 * The plan of a cluster, step by step: whose data, its volumes, the map and the table, what stands beside them,
 * the log, the shards, ingest and query, what pods have to be told.
 *
 * A step that others rest on is seen to be done before they are begun. Does not: make replicas (`plan/shard/`) or
 * tokens (`plan/project/`).
 */
import type { EventClusterStatus } from '../../../crds/kinds/event-cluster-status.ts'
import { hasFinalizer } from '../../kube/finalizer.ts'
import { resources } from '../../kube/resource.ts'
import { finalizer } from '../../render/names.ts'
import type { Action } from '../action.ts'
import type { Decision } from '../decision.ts'
import { isDeleting, roleOf } from '../seen.ts'
import { planChildren, planDeployments } from './children.ts'
import { type DeploymentsState, deploymentsState } from './deployments.ts'
import { type Identity, identify, volumesOf } from './identity.ts'
import type { ClusterInput } from './input.ts'
import { planLogPod } from './log-pod.ts'
import { planPushes } from './pushes.ts'
import { planAccess, planMap } from './recorded.ts'
import { newRevision, oldRevisions } from './revisions.ts'
import { planRollout } from './rollout.ts'
import { planShards } from './shards.ts'
import { type ClusterFindings, clusterStatus } from './status.ts'
import { takeDownCluster } from './take-down.ts'
import { viewOf } from './view.ts'
import { planVolumes } from './volumes.ts'

/** States that only the data plane tells: nobody sends an event for them. Each look asks every pod, so many pods are asked less often. */
const watchMs = (pods: number) => Math.max(1_000, pods * 5)

export function decideCluster(input: ClusterInput): Decision<EventClusterStatus> {
  const { cluster } = input
  if (isDeleting(cluster)) {
    const { actions, blocked, waitsFor } = takeDownCluster(input)
    return decision(input, actions, { blocked, waitsFor })
  }
  const identified = identify(input)
  if ('problem' in identified) return decision(input, [], { problem: identified.problem, blocked: [] })
  const { identity } = identified
  if (cluster.spec.paused) return decision(input, [], pausedFindings(input, identity))
  return build(input, identity)
}

function build(input: ClusterInput, identity: Identity): Decision<EventClusterStatus> {
  const { cluster, pods, evidence } = input
  const view = viewOf(cluster, identity)
  const volumes = volumesOf(input, identity)
  const findings: ClusterFindings = { identity, view, volumesUnsure: volumes.unsure, blocked: [] }
  const actions: Action[] = [...holdOn(input)]
  if (volumes.unsure !== undefined) return decision(input, actions, { ...findings, ...mapOf(identity) })
  actions.push(...planVolumes(view, volumes))
  const { log, store } = volumes
  if (log === undefined || store === undefined) return decision(input, actions, findings)
  const { map, settings, actions: mapActions } = planMap(input, { identity, view, claims: { log, store } })
  actions.push(...mapActions)
  if (identity.own === undefined) return decision(input, actions, findings)

  const access = planAccess(input, view)
  const rollout = planRollout({ cluster, shards: input.shards, image: cluster.spec.image ?? input.operator.image })
  const logPod = planLogPod({
    ...{ view, rollout, volumesUnsure: volumes.unsure, now: input.now },
    pod: pods.find((pod) => roleOf(pod) === 'log'),
  })
  const deployments = deploymentsState(input, { rollout, isLogUpdated: logPod.isUpdated })
  actions.push(
    ...access.actions,
    ...planChildren(input, view),
    ...newRevision(input, view, rollout),
    ...logPod.actions,
    ...planShards(view, map, rollout),
    ...planDeployments(cluster, view, deployments.image),
    ...planPushes(pods, evidence, { map, access: access.table, settings }),
    ...oldRevisions(input, rollout.wanted),
  )
  const isUpdated = rollout.isComplete && logPod.isUpdated && deployments.isUpdated
  return decision(input, actions, { ...findings, map, rollout, isUpdated, blocked: logPod.blocked }, deployments)
}

/** Before anything is made: from now on it is taken down in order. */
function holdOn({ cluster }: ClusterInput): Action[] {
  if (hasFinalizer(cluster, finalizer)) return []
  return [{ do: 'finalizer', change: 'add', resource: resources.eventClusters, object: cluster }]
}

function pausedFindings(input: ClusterInput, identity: Identity): ClusterFindings {
  const { unsure } = volumesOf(input, identity)
  const view = viewOf(input.cluster, identity)
  return { identity, view, volumesUnsure: unsure, blocked: [], ...mapOf(identity) }
}

const mapOf = ({ own }: Identity) => (own === undefined ? {} : { map: own.map })

function decision(
  input: ClusterInput,
  actions: readonly Action[],
  findings: ClusterFindings,
  deployments?: DeploymentsState,
): Decision<EventClusterStatus> {
  const status = clusterStatus(input, findings)
  const { routing } = status
  const isSettled =
    findings.isUpdated === true &&
    deployments?.isUpdated === true &&
    status.phase === 'Ready' &&
    routing?.pods === routing?.podsConfirmed &&
    !actions.some((action) => action.do === 'push')
  const { blocked } = findings
  return { actions, status, blocked, notes: [], requeueAfterMs: isSettled ? undefined : watchMs(input.pods.length) }
}
