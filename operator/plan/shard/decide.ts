/**
 * The plan of a shard: replicas made in order, taken away in order, rolled one at a time; who is primary.
 *
 * Upholds OPR-1 by asking `vetoes.ts` before each pod or cache that goes. Does not: write the routing map (the
 * cluster's plan does, from this status), or choose which shard rolls when.
 */
import type { ShardStatus } from '../../../crds/kinds/shard.ts'
import { resources } from '../../kube/resource.ts'
import { shardBudget } from '../../render/disruption-budgets.ts'
import type { ClusterView } from '../../render/view.ts'
import type { Action } from '../action.ts'
import type { Decision } from '../decision.ts'
import { isDeleting, uidOf } from '../seen.ts'
import type { ShardInput } from './input.ts'
import { makeReplicas } from './make.ts'
import { choosePrimary } from './primary.ts'
import { type Replica, replicasOf, serves } from './replicas.ts'
import { rollReplicas } from './roll.ts'
import { shrinkReplicas } from './shrink.ts'
import { shardStatus } from './status.ts'
import { mayGo, takeDown } from './take-down.ts'

/** A state that only the data plane tells: nobody sends an event for it. */
const watchMs = 1_000

export function decideShard(input: ShardInput): Decision<ShardStatus> {
  const { shard, cluster, view } = input
  const replicas = replicasOf(input)
  if (isDeleting(shard) && mayGo(input)) return going(input, replicas)
  if (cluster === undefined || view === undefined || cluster.spec.paused || isDeleting(cluster)) {
    return decision(input, replicas, {})
  }
  const roll = rollReplicas(input, view, replicas)
  const shrink = shrinkReplicas(input, replicas)
  const actions = [
    budgetOf(input, view),
    ...makeReplicas(input, view, replicas),
    ...(roll.actions.length > 0 ? roll.actions : shrink.actions),
  ]
  const blocked = [...roll.blocked, ...shrink.blocked]
  const primary = choosePrimary(input, replicas, [roll.restarting, shrink.leaving])
  return decision(input, replicas, { actions, blocked, primary, leaving: shrink.leaving })
}

function going(input: ShardInput, replicas: readonly Replica[]): Decision<ShardStatus> {
  return decision(input, replicas, takeDown(input, replicas))
}

interface Parts {
  readonly actions?: readonly Action[]
  readonly blocked?: Decision<ShardStatus>['blocked']
  readonly primary?: string | undefined
  readonly leaving?: Replica | undefined
}

function decision(input: ShardInput, replicas: readonly Replica[], parts: Parts): Decision<ShardStatus> {
  const { actions = [], blocked = [], leaving } = parts
  const former = input.shard.status?.primary
  const status = shardStatus(input, { replicas, primary: parts.primary ?? former, leaving, blocked })
  const { revision } = input.shard.spec
  const isDone = (one: Replica) => one.isWanted && serves(one) && one.podRevision === revision
  const isSettled = replicas.every(isDone) && blocked.length === 0
  return { actions, status, notes: [], blocked, requeueAfterMs: isSettled ? undefined : watchMs }
}

function budgetOf({ shard }: ShardInput, view: ClusterView): Action {
  const { id, replicas } = shard.spec
  const object = shardBudget(view, { name: shard.metadata.name, uid: uidOf(shard), id, replicas })
  return { do: 'apply', resource: resources.podDisruptionBudgets, object }
}
