/**
 * When a replica of a shard may not be stopped, and its cache not be removed (OPR-1).
 *
 * What a replica holds is in log and store too, as long as those are there and answer; a cache is a copy of the
 * store. So the last copy is at stake when their volumes are not certain, and the last answer when no other
 * replica is known to serve.
 */
import { annotationNames } from '../../render/names.ts'
import { evidenceOf } from '../evidence.ts'
import { nothingRuns } from '../seen.ts'
import { type Predicate, type Veto, vetoOf } from '../veto.ts'
import type { ShardInput } from './input.ts'
import { auditOf, mayServe, type Replica, serves } from './replicas.ts'

export type ReplicaAct = 'RestartReplica' | 'RemoveReplica' | 'RemoveCache' | 'TakeDown'

interface Facts {
  readonly act: ReplicaAct
  readonly input: ShardInput
  readonly replicas: readonly Replica[]
  readonly victim: Replica
}

const others = ({ replicas, victim }: Facts) => replicas.filter((one) => one !== victim)

const dataVolumesUnsure: Predicate<Facts> = {
  name: 'DataVolumesUnsure',
  object({ input: { dataVolumesUnsure } }) {
    if (dataVolumesUnsure === undefined) return undefined
    return { message: `this may be the last copy: ${dataVolumesUnsure}` }
  },
}

const heldByAnnotation: Predicate<Facts> = {
  name: 'HeldByAnnotation',
  object({ input: { shard } }) {
    const why = shard.metadata.annotations?.[annotationNames.hold]
    return why === undefined ? undefined : { message: `the annotation ${annotationNames.hold} says: ${why}` }
  },
}

const replicaDivergence: Predicate<Facts> = {
  name: 'ReplicaDivergence',
  object({ replicas }) {
    const diverged = replicas.find((one) => auditOf(one)?.audit === 'diverged')
    if (diverged === undefined) return undefined
    return { message: `replicas differ, and this one may be right: ${auditOf(diverged)?.auditMessage}` }
  },
}

const logUnknown: Predicate<Facts> = {
  name: 'LogUnknown',
  object({ input: { log, evidence }, victim }) {
    if (victim.pod === undefined || nothingRuns(victim.pod)) return undefined
    const said = evidenceOf(evidence, log)
    if (said?.state === 'serving') return undefined
    const state = said === undefined ? 'does not answer' : `is ${said.state} (${said.reason})`
    return { message: `rows that no segment holds yet can be read again from the log only, and it ${state}` }
  },
}

const lastServing: Predicate<Facts> = {
  name: 'LastServing',
  object(facts) {
    const { act, input, victim } = facts
    if (!mayServe(victim) || others(facts).some(serves)) return undefined
    // A shard with one replica has nobody to take over; people who want no pause write replicas: 2.
    if (act === 'RestartReplica' && input.shard.spec.replicas === 1) return undefined
    const silent = others(facts).map(({ name, state }) => `${name} is ${state}`)
    return { message: `no other replica is known to serve (${silent.join(', ') || 'there is none'})` }
  },
}

const otherIsBehind: Predicate<Facts> = {
  name: 'OtherIsBehind',
  object(facts) {
    const own = auditOf(facts.victim)?.manifestVersion ?? 0
    const rest = others(facts).filter(serves)
    if (!mayServe(facts.victim) || rest.length === 0) return undefined
    const furthest = Math.max(...rest.map((one) => auditOf(one)?.manifestVersion ?? 0))
    if (furthest >= own) return undefined
    return { message: `it has manifest ${own}, the others ${furthest} at most` }
  },
}

const otherIsYoung: Predicate<Facts> = {
  name: 'OtherIsYoung',
  object(facts) {
    const { cluster, now } = facts.input
    const rest = others(facts).filter(serves)
    if (!mayServe(facts.victim) || rest.length === 0) return undefined
    const needed = (cluster?.spec.upgrade.minReadySeconds ?? 0) * 1000
    const oldest = Math.max(...rest.map(({ readySinceMs = now }) => now - readySinceMs))
    if (oldest >= needed) return undefined
    return { message: `the others are ready for less than upgrade.minReadySeconds (${needed / 1000} s)` }
  },
}

/** In this order; the first that objects is the reason. */
const predicates: Readonly<Record<ReplicaAct, readonly Predicate<Facts>[]>> = {
  RestartReplica: [
    dataVolumesUnsure,
    heldByAnnotation,
    replicaDivergence,
    logUnknown,
    lastServing,
    otherIsBehind,
    otherIsYoung,
  ],
  RemoveReplica: [dataVolumesUnsure, heldByAnnotation, replicaDivergence, logUnknown, lastServing, otherIsBehind],
  RemoveCache: [dataVolumesUnsure, heldByAnnotation],
  /** The whole shard goes, its data stays in log and store. */
  TakeDown: [dataVolumesUnsure],
}

export function replicaVeto(
  input: ShardInput,
  act: ReplicaAct,
  of: { replicas: readonly Replica[]; victim: Replica },
): Veto | undefined {
  return vetoOf(predicates[act], { act, input, ...of })
}
