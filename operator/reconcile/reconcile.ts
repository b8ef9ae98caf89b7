/**
 * One reconcile of one object: gather, decide, act, report. The same for all kinds.
 *
 * Level-triggered: it looks at everything and remembers nothing, so it may run at any time, be cut off anywhere
 * and run again. Does not: run two of one object at a time; the queue sees to that.
 */
import { BugError } from '../../common/errors/errors.ts'
import type { Logger } from '../../dataplane/core/ports.ts'
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../kube/object.ts'
import { apiVersionOf, resourceName } from '../kube/resource.ts'
import type { Action, Delete, SetFinalizer } from '../plan/action.ts'
import type { Decision, Note } from '../plan/decision.ts'
import { act, type Failure, type Hands } from './act.ts'
import { conclude } from './conclude.ts'
import type { AnyStatus, ReconciledKind } from './kinds.ts'
import { notesOf } from './notes.ts'
import { LiveReader } from './reader.ts'
import type { Surrounding } from './surrounding.ts'

export interface Reconciler extends Surrounding, Hands {
  readonly logger: Logger
  /** Tells people: an Event of the object. */
  readonly record: (object: KubeObject, note: Note) => void
  /** Told of each veto, for the metric. */
  readonly vetoed: (act: string, veto: string) => void
}

export interface Reconciled {
  /** When to look again; `undefined`: when something changes, or at the resync. */
  readonly requeueAfterMs: number | undefined
  /** There is no such object any more. */
  readonly isGone?: true
}

/** While the stores have not seen what was written: an event will come, this is the fallback. */
const behindMs = 1_000

/** Throws what kept it from acting, after the status was written: the queue tries again. */
export async function reconcile(world: Reconciler, kind: ReconciledKind, key: ObjectKey): Promise<Reconciled> {
  const owner = `${resourceName(kind.resource)} ${keyText(key)}`
  if (world.gate.behind(owner).length > 0) return { requeueAfterMs: behindMs }
  const input = await kind.gather(world, key)
  if (input === undefined) return gone(world, owner)
  const decision = kind.decide(input)
  const confirms = (action: Delete | SetFinalizer) => decidesAgain(world, kind, { key, action })
  const failures = await act(world, decision.actions, { owner, confirms })
  await report(world, kind, { owner, object: kind.object(input), decision, failures })
  rethrow(failures)
  return { requeueAfterMs: decision.requeueAfterMs }
}

function gone(world: Reconciler, owner: string): Reconciled {
  world.gate.forget(owner)
  return { requeueAfterMs: undefined, isGone: true }
}

/** The same act comes out of what the server and the data plane say now. */
async function decidesAgain(
  world: Reconciler,
  kind: ReconciledKind,
  { key, action }: { key: ObjectKey; action: Delete | SetFinalizer },
): Promise<boolean> {
  const input = await kind.gather({ ...world, reader: new LiveReader(world.api) }, key)
  if (input === undefined) return false
  return kind.decide(input).actions.some((one) => isSame(one, action))
}

function isSame(one: Action, action: Delete | SetFinalizer): boolean {
  if (one.do === 'delete' && action.do === 'delete') return one.uid === action.uid && one.act === action.act
  if (one.do !== 'finalizer' || action.do !== 'finalizer') return false
  return one.change === action.change && one.object.metadata.uid === action.object.metadata.uid
}

interface Report {
  readonly owner: string
  readonly object: KubeObject
  readonly decision: Decision<AnyStatus>
  readonly failures: readonly Failure[]
}

async function report(world: Reconciler, kind: ReconciledKind, of: Report): Promise<void> {
  const { owner, object, decision, failures } = of
  const former = (object.status as AnyStatus | undefined)?.conditions
  const status = conclude(decision.status, failures, { resource: kind.resource, former, nowMs: world.clock.now() })
  for (const { act, veto } of decision.blocked) world.vetoed(act, veto)
  // An object whose last finalizer was just taken off may be gone.
  const isReleased = decision.actions.some((one) => one.do === 'finalizer' && one.change === 'remove')
  if (isReleased) return
  for (const note of [...decision.notes, ...notesOf(object, status)]) world.record(object, note)
  const desired = { apiVersion: apiVersionOf(kind.resource), kind: kind.resource.kind, metadata: keyOf(object), status }
  await world.writes.apply({ owner, resource: kind.resource, desired, live: object, subresource: 'status' })
}

/** A defect comes first; else what stopped the plan. */
function rethrow(failures: readonly Failure[]): void {
  const error = (failures.find((one) => one.error instanceof BugError) ?? failures.at(-1))?.error
  if (error !== undefined) throw error
}
