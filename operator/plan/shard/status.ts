/** What the status of a shard says. */
import type { Condition } from '../conditions.ts'
import { no, settle, unknown, type Verdict, yes } from '../conditions.ts'
import { annotationNames } from '../../render/names.ts'
import { isDeleting, troubleOf, waitsFor } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import type { ShardInput } from './input.ts'
import { auditOf, type Replica, type ReplicaState, serves } from './replicas.ts'

export interface ShardStatus {
  readonly observedGeneration: number
  readonly phase: 'Creating' | 'CatchingUp' | 'Serving' | 'Draining' | 'Retired'
  readonly summary: { readonly replicas: string }
  readonly primary?: string
  readonly policies: readonly string[]
  readonly pods: readonly { name: string; node?: string; revision: string; state: ReplicaState }[]
  readonly blocked: readonly Blocked[]
  readonly conditions: readonly Condition[]
}

export interface ShardFindings {
  readonly replicas: readonly Replica[]
  readonly primary: string | undefined
  readonly leaving: Replica | undefined
  readonly blocked: readonly Blocked[]
}

export function shardStatus(input: ShardInput, findings: ShardFindings): ShardStatus {
  const { shard, policies, now } = input
  const { replicas, primary, leaving, blocked } = findings
  const wanted = replicas.filter(({ isWanted }) => isWanted)
  const generation = shard.metadata.generation ?? 0
  const former = shard.status as ShardStatus | undefined
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
      state: one === leaving && one.state !== 'Stopping' ? 'Draining' : one.state,
    })),
    blocked: blocked.slice(0, 10),
    conditions: settle(verdicts(input, findings, wanted), former?.conditions, { generation, now }),
  }
}

function phaseOf({ shard }: ShardInput, wanted: readonly Replica[]): ShardStatus['phase'] {
  if (isDeleting(shard)) return wanted.some(({ pod }) => pod !== undefined) ? 'Draining' : 'Retired'
  if (wanted.some(serves)) return 'Serving'
  return wanted.some(({ state }) => state === 'CatchingUp') ? 'CatchingUp' : 'Creating'
}

function verdicts(input: ShardInput, findings: ShardFindings, wanted: readonly Replica[]): Verdict[] {
  const { shard } = input
  const hold = shard.metadata.annotations?.[annotationNames.hold]
  return [
    ready(wanted),
    reconciling(input, findings),
    stalled(findings, wanted),
    redundant(wanted),
    consistent(wanted),
    updated(input, findings),
    caughtUp(wanted),
    hold === undefined ? no('Held', 'NotHeld') : yes('Held', 'HeldByAnnotation', hold),
  ]
}

function ready(wanted: readonly Replica[]): Verdict {
  const serving = wanted.filter(serves)
  if (serving.length > 0) return yes('Ready', 'Serving', `${serving.length}/${wanted.length} replicas serve`)
  const gap = wanted.find(({ evidence }) => evidence?.reason.startsWith('LOG_GAP'))
  if (gap !== undefined) return no('Ready', 'LogGap', `${gap.name}: ${gap.evidence?.reason}`)
  return no('Ready', 'NoReadyReplica', wanted.map(whyNot).join('; '))
}

function whyNot({ name, pod, state, evidence }: Replica): string {
  if (pod === undefined) return `${name} is missing`
  return `${name} ${evidence === undefined ? waitsFor(pod) : `is ${state}: ${evidence.reason || 'not ready yet'}`}`
}

function reconciling({ shard }: ShardInput, { replicas, leaving, blocked }: ShardFindings): Verdict {
  if (isDeleting(shard)) return yes('Reconciling', 'Deleting', 'pods, then caches')
  if (leaving !== undefined || replicas.some(({ isWanted }) => !isWanted)) {
    return yes('Reconciling', 'Scaling', `${leaving?.name ?? 'a replica'} leaves`)
  }
  const old = replicas.filter((one) => (one.podRevision ?? one.revision) !== shard.spec.revision)
  if (old.length > 0 && blocked.length === 0) {
    return yes('Reconciling', 'Updating', `${old.length} replicas on the former revision`)
  }
  const missing = replicas.filter((one) => !serves(one))
  if (missing.length > 0) return yes('Reconciling', 'Creating', missing.map(whyNot).join('; '))
  return no('Reconciling', 'InSync')
}

function stalled({ blocked }: ShardFindings, wanted: readonly Replica[]): Verdict {
  for (const { pod, claim, name } of wanted) {
    if (claim?.status?.phase === 'Lost') {
      const remedy = 'delete the claim and the pod: the replica fills its cache again from the store'
      return yes('Stalled', 'VolumeLost', `claim ${name} lost its volume; ${remedy}`)
    }
    const trouble = pod && troubleOf(pod)
    if (trouble !== undefined) return yes('Stalled', trouble.reason, trouble.message)
  }
  const [veto] = blocked.filter((one) => one.veto !== 'OtherIsYoung')
  if (veto === undefined) return no('Stalled', 'NotStalled')
  return yes('Stalled', 'Vetoed', `${veto.act} of ${veto.object}: ${veto.veto}: ${veto.message}`)
}

function redundant(wanted: readonly Replica[]): Verdict {
  if (wanted.length < 2) return no('Redundant', 'SingleReplica', 'write shard.replicas: 2 for no pause when one fails')
  const down = wanted.filter((one) => !serves(one))
  if (wanted.length - down.length >= 2) return yes('Redundant', 'TwoOrMoreReady')
  return no('Redundant', 'ReplicaNotReady', down.map(whyNot).join('; '))
}

function consistent(wanted: readonly Replica[]): Verdict {
  const diverged = wanted.find((one) => auditOf(one)?.audit === 'diverged')
  if (diverged !== undefined) {
    return no('Consistent', 'ReplicaDivergence', `${diverged.name}: ${auditOf(diverged)?.auditMessage}`)
  }
  if (wanted.length < 2) return unknown('Consistent', 'SingleReplica', 'nobody to compare with')
  const audited = wanted.every((one) => auditOf(one)?.audit === 'audited')
  return audited ? yes('Consistent', 'ReplicasAgree') : unknown('Consistent', 'Unaudited')
}

function updated({ shard }: ShardInput, { replicas, blocked }: ShardFindings): Verdict {
  const old = replicas.filter(({ isWanted, podRevision }) => isWanted && podRevision !== shard.spec.revision)
  if (old.length === 0) return yes('Updated', 'OnWantedRevision')
  const held = blocked.find(({ act }) => act === 'RestartReplica')
  if (held?.veto === 'ReplicaDivergence') return no('Updated', 'HeldOnDivergence', held.message)
  if (held?.veto === 'HeldByAnnotation') return no('Updated', 'HeldByAnnotation', held.message)
  return no('Updated', 'RollingOut', `to ${shard.spec.revision}: ${old.map(({ name }) => name).join(', ')}`)
}

function caughtUp(wanted: readonly Replica[]): Verdict {
  const behind = wanted.filter(({ state }) => state === 'CatchingUp')
  if (behind.length > 0) return no('CaughtUp', 'CatchingUp', behind.map(whyNot).join('; '))
  return wanted.some(serves) ? yes('CaughtUp', 'Serving') : unknown('CaughtUp', 'NotObserved')
}
