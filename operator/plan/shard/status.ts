/** What the status of a shard says. */
import type { Decision, shardConditions } from '../../../crds/conditions.ts'
import type { ShardStatus } from '../../../crds/kinds/shard.ts'
import { annotationNames } from '../../render/names.ts'
import { type Blocked, blockedSince, stallingOf } from '../blocked.ts'
import { conditionsFrom } from '../conditions.ts'
import { isDeleting, troubleOf, waitsFor } from '../seen.ts'
import type { ShardInput } from './input.ts'
import { auditOf, type Replica, serves } from './replicas.ts'

type Says<Type extends keyof typeof shardConditions> = Decision<typeof shardConditions, Type>

export interface ShardFindings {
  readonly replicas: readonly Replica[]
  readonly primary: string | undefined
  /** On its way out of the map. */
  readonly leaving: Replica | undefined
  readonly blocked: readonly Blocked[]
}

export function shardStatus(input: ShardInput, findings: ShardFindings): ShardStatus {
  const { shard, policies, now } = input
  const { replicas, primary, leaving, blocked } = findings
  const wanted = replicas.filter(({ isWanted }) => isWanted)
  const generation = shard.metadata.generation ?? 0
  return {
    observedGeneration: generation,
    phase: phaseOf(input, wanted),
    summary: { replicas: `${wanted.filter(serves).length}/${shard.spec.replicas}` },
    ...(primary !== undefined && { primary }),
    policies: policies.slice(0, 10),
    pods: replicas.slice(0, 10).map((one) => ({
      name: one.name,
      ...(one.pod?.spec?.nodeName !== undefined && { node: one.pod.spec.nodeName }),
      revision: one.podRevision ?? one.revision,
      state: one === leaving ? 'Draining' : one.state,
    })),
    blocked: blockedSince(blocked, shard.status?.blocked, now),
    conditions: conditionsFrom(shard.status?.conditions, decisions(input, findings, wanted), {
      generation,
      nowMs: now,
    }),
  }
}

function phaseOf({ shard }: ShardInput, wanted: readonly Replica[]): NonNullable<ShardStatus['phase']> {
  if (isDeleting(shard)) return wanted.some(({ pod }) => pod !== undefined) ? 'Draining' : 'Retired'
  if (wanted.some(serves)) return 'Serving'
  return wanted.some(({ state }) => state === 'CatchingUp') ? 'CatchingUp' : 'Creating'
}

function decisions(input: ShardInput, findings: ShardFindings, wanted: readonly Replica[]) {
  return {
    Ready: ready(input, wanted),
    Reconciling: reconciling(input, findings),
    Stalled: stalled(input, findings, wanted),
    Redundant: redundant(wanted),
    Consistent: consistent(wanted),
    Updated: updated(input, findings),
    CaughtUp: caughtUp(wanted),
    Held: held(input),
  }
}

function ready({ shard }: ShardInput, wanted: readonly Replica[]): Says<'Ready'> {
  const serving = wanted.filter(serves)
  if (serving.length > 0) {
    return { status: 'True', reason: 'Serving', message: `${serving.length}/${wanted.length} replicas serve` }
  }
  const message = wanted.map(whyNot).join('; ')
  if (wanted.some(({ evidence }) => evidence?.reason.startsWith('LOG_GAP'))) {
    return { status: 'False', reason: 'LogGap', message }
  }
  const before = shard.status?.conditions?.find(({ type }) => type === 'Ready')
  const isNew = before === undefined || before.status === 'Unknown' || before.reason === 'Creating'
  return { status: 'False', reason: isNew ? 'Creating' : 'NoReadyReplica', message }
}

function whyNot({ name, pod, state, evidence }: Replica): string {
  if (pod === undefined) return `${name} is missing`
  return `${name} ${evidence === undefined ? waitsFor(pod) : `is ${state}: ${evidence.reason || 'not ready yet'}`}`
}

function reconciling({ shard }: ShardInput, { replicas, leaving, blocked }: ShardFindings): Says<'Reconciling'> {
  if (isDeleting(shard)) return { status: 'True', reason: 'Deleting', message: 'pods first, then their caches' }
  if (replicas.some(({ isWanted }) => !isWanted)) {
    return { status: 'True', reason: 'Scaling', message: `${leaving?.name ?? 'a replica'} leaves` }
  }
  const old = replicas.filter((one) => (one.podRevision ?? one.revision) !== shard.spec.revision)
  if (old.length > 0 && blocked.length === 0) {
    return { status: 'True', reason: 'Updating', message: `${old.length} replicas on the former revision` }
  }
  const missing = replicas.filter((one) => !serves(one))
  if (missing.length > 0) return { status: 'True', reason: 'Creating', message: missing.map(whyNot).join('; ') }
  return { status: 'False', reason: 'InSync', message: '' }
}

function stalled({ shard, now }: ShardInput, { blocked }: ShardFindings, wanted: readonly Replica[]): Says<'Stalled'> {
  for (const { pod, claim, name } of wanted) {
    if (claim?.status?.phase === 'Lost') {
      const remedy = 'delete the claim and the pod: the replica fills its cache again from the store'
      return { status: 'True', reason: 'VolumeLost', message: `claim ${name} lost its volume; ${remedy}` }
    }
    const trouble = pod && troubleOf(pod, now)
    if (trouble !== undefined) return { status: 'True', ...trouble }
  }
  const veto = stallingOf(blocked, shard.status?.blocked, now)
  if (veto === undefined) return { status: 'False', reason: 'NotStalled', message: '' }
  return { status: 'True', reason: 'Vetoed', message: `${veto.act} of ${veto.object}: ${veto.veto}: ${veto.message}` }
}

function redundant(wanted: readonly Replica[]): Says<'Redundant'> {
  if (wanted.length < 2) {
    return {
      status: 'False',
      reason: 'SingleReplica',
      message: 'write shard.replicas: 2 to survive the loss of a node',
    }
  }
  const down = wanted.filter((one) => !serves(one))
  if (wanted.length - down.length >= 2) return { status: 'True', reason: 'TwoOrMoreReady', message: '' }
  return { status: 'False', reason: 'ReplicaNotReady', message: down.map(whyNot).join('; ') }
}

function consistent(wanted: readonly Replica[]): Says<'Consistent'> {
  const diverged = wanted.find((one) => auditOf(one)?.audit === 'diverged')
  if (diverged !== undefined) {
    const message = `${diverged.name}: ${auditOf(diverged)?.auditMessage}`
    return { status: 'False', reason: 'ReplicaDivergence', message }
  }
  if (wanted.length < 2) return { status: 'Unknown', reason: 'SingleReplica', message: 'nobody to compare with' }
  const isAudited = wanted.every((one) => auditOf(one)?.audit === 'audited')
  if (isAudited) return { status: 'True', reason: 'ReplicasAgree', message: '' }
  return { status: 'Unknown', reason: 'Unaudited', message: '' }
}

function updated({ shard }: ShardInput, { replicas, blocked }: ShardFindings): Says<'Updated'> {
  const old = replicas.filter(({ isWanted, podRevision }) => isWanted && podRevision !== shard.spec.revision)
  if (old.length === 0) return { status: 'True', reason: 'OnWantedRevision', message: '' }
  const veto = blocked.find(({ act }) => act === 'RestartReplica')
  const message = veto?.message ?? `to ${shard.spec.revision}: ${old.map(({ name }) => name).join(', ')}`
  if (veto?.veto === 'ReplicaDivergence') return { status: 'False', reason: 'HeldOnDivergence', message }
  return { status: 'False', reason: veto?.veto === 'HeldByAnnotation' ? 'HeldByAnnotation' : 'RollingOut', message }
}

/** A replica may be behind for so long: it reads a backlog away, or a node was slow. */
const lateMs = 60_000

/** It starts by reading what the log has; then it follows, and may fall behind. How far is a metric. */
function caughtUp(wanted: readonly Replica[]): Says<'CaughtUp'> {
  const starting = wanted.filter(({ state }) => state === 'CatchingUp')
  const late = wanted.filter((one) => !starting.includes(one) && (auditOf(one)?.lateForMs ?? 0) >= lateMs)
  const messages = [...starting.map(whyNot), ...late.map(({ name }) => `${name} is more than 10 s behind the log`)]
  if (messages.length > 0) return { status: 'False', reason: 'LagAboveLimit', message: messages.join('; ') }
  if (wanted.some(serves)) return { status: 'True', reason: 'LagWithinLimit', message: '' }
  return { status: 'Unknown', reason: 'NotObserved', message: '' }
}

function held({ shard }: ShardInput): Says<'Held'> {
  const why = shard.metadata.annotations?.[annotationNames.hold]
  if (why === undefined) return { status: 'False', reason: 'NotHeld', message: '' }
  return { status: 'True', reason: 'HeldByAnnotation', message: why }
}
