/** Revisions: the wanted one is made, those that no pod and no shard is at any more go, but for the youngest. */
import { resources } from '../../kube/resource.ts'
import { revisionObject } from '../../render/revisions.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { isDeleting, revisionOf } from '../seen.ts'
import type { ClusterInput } from './input.ts'
import type { Rollout } from './rollout.ts'

const keptMax = 10

/** Made once, before anything is made from it; its number is the next one. */
export function newRevision({ revisions }: ClusterInput, view: ClusterView, { wanted, data }: Rollout): Action[] {
  if (revisions.some(({ metadata }) => metadata.name === wanted)) return []
  const number = Math.max(0, ...revisions.map(({ revision }) => Number(revision))) + 1
  return [{ do: 'create', resource: resources.controllerRevisions, object: revisionObject(view, data, number) }]
}

export function oldRevisions({ revisions, pods, shards }: ClusterInput, wanted: string): Action[] {
  const used = new Set([wanted, ...pods.map(revisionOf), ...shards.map(({ spec }) => spec.revision)])
  return revisions
    .toSorted((a, b) => (b.revision as number) - (a.revision as number))
    .slice(keptMax)
    .filter((one) => !used.has(one.metadata.name) && !isDeleting(one))
    .map((one) => remove(resources.controllerRevisions, one))
}
