/**
 * Carries out what a plan wants, in order, and stops at the first that fails: what rests on it must not be done.
 *
 * A destructive act, and letting go of an object, is decided once more right before it is done, from what the server and the data plane say at
 * that moment; unless the same act comes out again it is not done (OPR-1). Does not: decide, retry, or report.
 */
import type { Random } from '../../dataplane/core/ports.ts'
import type { DataPlane } from '../admin/port.ts'
import type { KubeApi } from '../kube/api.ts'
import { addFinalizer, removeFinalizer } from '../kube/finalizer.ts'
import { type KubeObject, keyOf } from '../kube/object.ts'
import { resources } from '../kube/resource.ts'
import { isAlreadyExists, isNotFound } from '../kube/status-error.ts'
import type { WriteGate } from '../kube/write/gate.ts'
import type { Writes } from '../kube/write/writes.ts'
import type { Action, Apply, Create, Delete, Mint, SetFinalizer } from '../plan/action.ts'
import { finalizer, labelNames } from '../render/names.ts'
import { tokenKey } from '../render/tokens.ts'
import type { Reader } from './reader.ts'

export interface Hands {
  /** Fenced: refuses once this process is no longer the leader. */
  readonly api: KubeApi
  readonly writes: Writes
  readonly gate: WriteGate
  readonly reader: Reader
  readonly plane: DataPlane
  readonly random: Random
  /** Of the leader that acts. */
  readonly leaderTerm: () => number
  /** Field manager. */
  readonly manager: string
}

export interface Failure {
  readonly action: Action
  readonly error: unknown
}

export interface Acting {
  /** Whose reconcile it is, as its queue names it. */
  readonly owner: string
  /** Decides anew from live reads; true when the same act comes out. */
  readonly confirms: (action: Delete | SetFinalizer) => Promise<boolean>
}

/** An object of the name of ours that somebody else made. */
export class ForeignObject extends Error {
  override readonly name = 'ForeignObject'
}

const tokenBytes = 24

/** Failures of acts after which the rest went on, and the last one that stopped it. */
export async function act(hands: Hands, actions: readonly Action[], acting: Acting): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const action of actions) {
    try {
      await carryOut(hands, action, acting)
    } catch (error) {
      failures.push({ action, error })
      const goesOn = action.do === 'push' || (action.do === 'apply' && action.goesOn === true)
      if (!goesOn) return failures
    }
  }
  return failures
}

function carryOut(hands: Hands, action: Action, acting: Acting): Promise<unknown> {
  switch (action.do) {
    case 'apply':
      return apply(hands, action, acting)
    case 'create':
      return create(hands, action, acting)
    case 'replace':
      return replace(hands, action.object, action, acting)
    case 'mint':
      return mint(hands, action, acting)
    case 'delete':
      return remove(hands, action, acting)
    case 'finalizer':
      return setFinalizer(hands, action, acting)
    case 'push':
      return hands.plane.push(action, hands.leaderTerm())
  }
}

async function apply({ writes, reader }: Hands, { resource, object }: Apply, { owner }: Acting): Promise<void> {
  const live = await reader.get(resource, keyOf(object))
  if (live !== undefined) refuseForeign(live, object)
  await writes.apply({ owner, resource, desired: object, live })
}

function refuseForeign(live: KubeObject, wanted: KubeObject): void {
  const [has, wants] = [live, wanted].map(({ metadata }) => metadata.labels?.[labelNames.cluster])
  const isOurs = has === wants || live.metadata.labels?.[labelNames.data] !== undefined
  if (isOurs) return
  const what = `${live.kind} ${live.metadata.name} was made by somebody else (label ${labelNames.cluster}: ${has ?? 'none'})`
  throw new ForeignObject(`${what}: delete or rename it, or give the EventCluster another name`)
}

/** One that is there already is looked at in the next round. */
async function create({ writes }: Hands, { resource, object }: Create, { owner }: Acting): Promise<void> {
  await writes.create(owner, resource, object).catch(unlessAlreadyThere)
}

function unlessAlreadyThere(error: unknown): void {
  if (!isAlreadyExists(error)) throw error
}

async function replace(
  { api, gate, manager }: Hands,
  object: KubeObject,
  { resource }: Pick<Create, 'resource'>,
  { owner }: Acting,
): Promise<void> {
  gate.wrote(owner, resource, await api.replace(resource, object, { fieldManager: manager }))
}

async function mint({ writes, random }: Hands, { object }: Mint, { owner }: Acting): Promise<void> {
  const token = Buffer.from(random.bytes(tokenBytes)).toString('base64url')
  const secret = { ...object, data: { [tokenKey]: Buffer.from(token).toString('base64') } }
  await writes.create(owner, resources.secrets, secret).catch(unlessAlreadyThere)
}

async function remove({ api, gate }: Hands, deletion: Delete, acting: Acting): Promise<void> {
  const { resource, key, uid, resourceVersion, act: name } = deletion
  if (name !== undefined && !(await acting.confirms(deletion))) return
  await api
    .delete(resource, key, {
      uid,
      ...(resourceVersion !== undefined && { resourceVersion }),
      propagation: 'Background',
    })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  const gone = { apiVersion: '', kind: resource.kind, metadata: { ...key, uid } }
  gate.removed(acting.owner, resource, gone)
}

async function setFinalizer({ api, gate, manager }: Hands, action: SetFinalizer, acting: Acting): Promise<void> {
  const { change, resource, object } = action
  // Whoever lets go too early leaves behind what nobody looks for any more.
  if (change === 'remove' && !(await acting.confirms(action))) return
  const set = change === 'add' ? addFinalizer : removeFinalizer
  const after = await set({ api, resource, object, finalizer, manager })
  if (after !== undefined) gate.wrote(acting.owner, resource, after)
}
