/** The conditions of a cluster. */
import type { Decision, eventClusterConditions } from '../../../crds/conditions.ts'
import type { Shard } from '../../kube/kinds.ts'
import { stallingOf } from '../blocked.ts'
import { evidenceOf } from '../evidence.ts'
import { isDeleting, isReady, type Pod, roleOf, troubleOf, waitsFor } from '../seen.ts'
import type { ClusterInput } from './input.ts'
import type { ClusterFindings } from './status.ts'

type Says<Type extends keyof typeof eventClusterConditions> = Decision<typeof eventClusterConditions, Type>

export function clusterConditions(input: ClusterInput, findings: ClusterFindings) {
  return {
    Ready: ready(input, findings),
    Reconciling: reconciling(input, findings),
    Stalled: stalled(input, findings),
    Redundant: redundant(input),
    Consistent: consistent(input),
    Updated: updated(input, findings),
    Paused: paused(input),
  }
}

export function conditionOf({ status }: Shard, type: string) {
  return status?.conditions?.find((one) => one.type === type)
}

export const isTrueOf = (shard: Shard, type: string) => conditionOf(shard, type)?.status === 'True'

function ready(input: ClusterInput, { map, identity }: ClusterFindings): Says<'Ready'> {
  const { cluster, shards, pods, evidence } = input
  const before = cluster.status?.conditions?.find(({ type }) => type === 'Ready')
  const isNew = before === undefined || before.status === 'Unknown' || before.reason === 'Creating'
  const not = (
    reason: Exclude<Says<'Ready'>['reason'], 'Serving' | 'NotObserved'>,
    message: string,
  ): Says<'Ready'> => ({
    ...{ status: 'False', reason: isNew ? 'Creating' : reason, message },
  })
  const log = pods.find((pod) => roleOf(pod) === 'log')
  const logSaid = evidenceOf(evidence, log)
  if (logSaid?.state !== 'serving') return not('LogUnavailable', `the log ${logSaid?.reason || whyPod(log)}`)
  const down = shards.filter((shard) => !isTrueOf(shard, 'Ready'))
  const wanted = cluster.spec.sharding.count
  if (down.length > 0 || shards.length < wanted) {
    const messages = down.map((shard) => `${shard.metadata.name}: ${conditionOf(shard, 'Ready')?.message ?? 'new'}`)
    const message = `${wanted - down.length - (wanted - shards.length)}/${wanted} shards serve; ${messages.join('; ')}`
    return not(message.includes('STORE_UNAVAILABLE') ? 'StoreUnavailable' : 'ShardsNotReady', message)
  }
  const up = (role: string) => pods.filter((pod) => roleOf(pod) === role && isReady(pod))
  if (up('ingest').length === 0) return not('IngestNotReady', whyRole(pods, 'ingest'))
  // A map that is pushed by this very look takes nothing from pods that have the former one.
  const inForce = before?.status === 'True' ? identity?.own?.map : map
  const epoch = inForce?.routingEpoch ?? 0
  const routed = up('query').filter((pod) => (evidenceOf(evidence, pod)?.routingEpoch ?? 0) >= epoch)
  if (routed.length === 0) return not('QueryNotReady', whyRole(pods, 'query'))
  return { status: 'True', reason: 'Serving', message: `${wanted}/${wanted} shards serve` }
}

function whyRole(pods: readonly Pod[], role: string): string {
  const found = pods.filter((pod) => roleOf(pod) === role)
  if (found.length === 0) return `there is no ${role} pod yet`
  return found.map((pod) => `${pod.metadata.name} ${isReady(pod) ? 'has no map yet' : waitsFor(pod)}`).join('; ')
}

function whyPod(pod: Pod | undefined): string {
  return pod === undefined ? 'has no pod' : `pod ${isReady(pod) ? 'does not answer' : waitsFor(pod)}`
}

function reconciling(input: ClusterInput, findings: ClusterFindings): Says<'Reconciling'> {
  const { cluster, shards } = input
  if (isDeleting(cluster)) return { status: 'True', reason: 'Deleting', message: `waits for ${findings.waitsFor}` }
  if (cluster.spec.paused) return { status: 'False', reason: 'Paused', message: 'spec.paused is true' }
  const isNew = shards.length < cluster.spec.sharding.count || shards.some((shard) => isCreating(shard))
  if (isNew) return { status: 'True', reason: 'Creating', message: 'shards are made for the first time' }
  const moving = scaling(input)
  if (wasComplete(cluster)) return updating(input, findings) ?? moving ?? inSync
  // What is new is not updated, and not scaled: all of it is made, until it was all there once.
  const making = moving ?? updating(input, findings)
  return making === undefined ? inSync : { ...making, reason: 'Creating' }
}

const inSync: Says<'Reconciling'> = { status: 'False', reason: 'InSync', message: '' }

/** Everything that the spec asks for was there at some time. */
export const wasComplete = ({ status }: ClusterInput['cluster']) => status?.revision?.current !== undefined

type Moving = Extract<Says<'Reconciling'>, { status: 'True' }>

function updating(input: ClusterInput, findings: ClusterFindings): Moving | undefined {
  if (findings.isUpdated !== false) return undefined
  return { status: 'True', reason: 'Updating', message: updated(input, findings).message }
}

function scaling({ cluster, shards, pods }: ClusterInput): Moving | undefined {
  const [first] = shards.filter((shard) => isTrueOf(shard, 'Reconciling'))
  if (first !== undefined) {
    const { reason, message } = conditionOf(first, 'Reconciling')!
    const what = reason === 'Updating' ? 'Updating' : 'Scaling'
    return { status: 'True', reason: what, message: `${first.metadata.name}: ${message}` }
  }
  for (const role of ['ingest', 'query'] as const) {
    const wanted = cluster.spec[role].replicas
    const ready = pods.filter((pod) => roleOf(pod) === role && !isDeleting(pod) && isReady(pod)).length
    if (ready !== wanted) return { status: 'True', reason: 'Scaling', message: `${ready}/${wanted} ${role} pods` }
  }
  return undefined
}

function isCreating(shard: Shard): boolean {
  const ready = conditionOf(shard, 'Ready')
  return ready === undefined || (ready.status === 'False' && ready.reason === 'Creating')
}

function stalled(input: ClusterInput, { problem, volumesUnsure, blocked }: ClusterFindings): Says<'Stalled'> {
  if (problem !== undefined) return { status: 'True', reason: 'DataOwnedElsewhere', message: problem }
  if (volumesUnsure !== undefined) {
    const { name } = input.cluster.metadata
    const remedy = `put the volume back under that name and uid, or, to start empty, delete ConfigMap ${name}-routing`
    return { status: 'True', reason: 'VolumeLost', message: `${volumesUnsure}: ${remedy}` }
  }
  const missing = missingSecret(input)
  if (missing !== undefined) return { status: 'True', reason: 'SecretNotFound', message: missing }
  for (const pod of input.pods) {
    const trouble = roleOf(pod) === 'replica' ? undefined : troubleOf(pod, input.now)
    if (trouble !== undefined) return { status: 'True', ...trouble }
  }
  for (const deployment of input.deployments) {
    const failure = failureOf(deployment)
    if (failure !== undefined) return failure
  }
  for (const shard of input.shards) {
    const { status, reason, message } = conditionOf(shard, 'Stalled') ?? {}
    if (status !== 'True') continue
    return { status: 'True', reason: reason as 'Vetoed', message: `Shard ${shard.metadata.name}: ${message}` }
  }
  const veto = stallingOf(blocked, input.cluster.status?.blocked, input.now)
  if (veto !== undefined) {
    return { status: 'True', reason: 'Vetoed', message: `${veto.act} of ${veto.object}: ${veto.veto}: ${veto.message}` }
  }
  return { status: 'False', reason: 'NotStalled', message: '' }
}

function missingSecret({ cluster, pullSecrets }: ClusterInput): string | undefined {
  const missing = cluster.spec.imagePullSecrets?.find(({ name }) => !pullSecrets.has(name))
  return missing && `Secret ${missing.name} of spec.imagePullSecrets is not there: make it, or correct the name`
}

interface DeploymentStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
}

/** A Deployment says when it may not make its pods. */
function failureOf({ metadata, status }: ClusterInput['deployments'][number]): Says<'Stalled'> | undefined {
  const { conditions = [] } = (status ?? {}) as DeploymentStatus
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  if (failure === undefined) return undefined
  const { message = '' } = failure
  const reason = message.includes('exceeded quota') ? 'QuotaExceeded' : 'Forbidden'
  return { status: 'True', reason, message: `Deployment ${metadata.name}: ${message}` }
}

function redundant({ cluster, shards }: ClusterInput): Says<'Redundant'> {
  if (cluster.spec.shard.replicas < 2) {
    return {
      status: 'False',
      reason: 'SingleReplica',
      message: 'write shard.replicas: 2 to survive the loss of a node',
    }
  }
  const thin = shards.filter((shard) => !isTrueOf(shard, 'Redundant'))
  if (thin.length === 0 && shards.length > 0) return { status: 'True', reason: 'TwoOrMoreReady', message: '' }
  return { status: 'False', reason: 'ReplicaNotReady', message: named(thin, 'Redundant') }
}

function consistent({ cluster, shards }: ClusterInput): Says<'Consistent'> {
  const diverged = shards.filter((shard) => conditionOf(shard, 'Consistent')?.status === 'False')
  if (diverged.length > 0) {
    return { status: 'False', reason: 'ReplicaDivergence', message: named(diverged, 'Consistent') }
  }
  if (cluster.spec.shard.replicas < 2)
    return { status: 'Unknown', reason: 'SingleReplica', message: 'nobody to compare with' }
  if (shards.length > 0 && shards.every((shard) => isTrueOf(shard, 'Consistent'))) {
    return { status: 'True', reason: 'ReplicasAgree', message: '' }
  }
  return { status: 'Unknown', reason: 'Unaudited', message: '' }
}

function named(shards: readonly Shard[], type: string): string {
  const [first] = shards
  if (first === undefined) return ''
  const rest = shards.length > 1 ? `, and ${shards.length - 1} more` : ''
  return `${first.metadata.name}: ${conditionOf(first, type)?.message ?? 'not observed'}${rest}`
}

function updated({ shards }: ClusterInput, { rollout, isUpdated }: ClusterFindings): Says<'Updated'> {
  if (rollout === undefined) return { status: 'Unknown', reason: 'NotObserved', message: '' }
  if (isUpdated) return { status: 'True', reason: 'OnWantedRevision', message: '' }
  const held = shards.find((shard) =>
    ['HeldOnDivergence', 'HeldByAnnotation'].includes(conditionOf(shard, 'Updated')?.reason ?? ''),
  )
  const reason = held && (conditionOf(held, 'Updated')?.reason as 'HeldOnDivergence')
  const diverged = shards.find((shard) => conditionOf(shard, 'Consistent')?.status === 'False')
  if (reason !== undefined) return { status: 'False', reason, message: named([held!], 'Updated') }
  if (diverged) return { status: 'False', reason: 'HeldOnDivergence', message: named([diverged], 'Consistent') }
  const message = `${rollout.shardsUpdated}/${shards.length} shards on ${rollout.wanted}`
  return {
    status: 'False',
    reason: 'RollingOut',
    message: rollout.isComplete ? `${message}; log, query, ingest follow` : message,
  }
}

function paused({ cluster }: ClusterInput): Says<'Paused'> {
  if (!cluster.spec.paused) return { status: 'False', reason: 'NotPaused', message: '' }
  return { status: 'True', reason: 'PausedBySpec', message: 'the operator changes nothing' }
}
