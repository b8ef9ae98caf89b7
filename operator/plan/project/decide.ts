/**
 * The plan of a project: tokens made once, and whether every ingest and query pod knows it.
 *
 * Does not: write the access table (the cluster's plan does, for all projects at once). Deleting a project deletes
 * nothing: its tokens leave the table, its events and Secrets stay.
 */
import type { projectConditions, Decision as Says } from '../../../crds/conditions.ts'
import type { ProjectStatus } from '../../../crds/kinds/project.ts'
import { hasFinalizer } from '../../kube/finalizer.ts'
import { finalizer, tokenSecretName } from '../../render/names.ts'
import { tokenSecret } from '../../render/tokens.ts'
import type { Action } from '../action.ts'
import { type ProjectProblem, readToken, wantedAccess } from '../cluster/access-table.ts'
import { conditionsFrom } from '../conditions.ts'
import type { Decision } from '../decision.ts'
import { evidenceOf } from '../evidence.ts'
import { hasEnded, isDeleting, type Pod, uidOf } from '../seen.ts'
import type { ProjectInput } from './input.ts'

/** Confirmation comes from pods: nobody sends an event for it. */
const watchMs = 1_000

type Conditions = { readonly [Type in keyof typeof projectConditions]: Says<typeof projectConditions, Type> }

export function decideProject(input: ProjectInput): Decision<ProjectStatus> {
  const { project, cluster, now, policies } = input
  const wanted = wantedAccess(input.siblings, input.secrets)
  const problem = wanted.problems.get(uidOf(project))
  // A cluster that is not held yet may go without being taken down: tokens made for it would be left.
  const isHeld = cluster !== undefined && hasFinalizer(cluster, finalizer) && !isDeleting(cluster)
  const mayMake = isHeld && !isDeleting(project) && !cluster.spec.paused
  const actions = mayMake && problem?.reason !== 'IdTaken' ? mint(input) : []
  const conditions = conditionsOf(input, { problem, wanted, isMinting: actions.length > 0 })
  const generation = project.metadata.generation ?? 0
  const working = project.spec.tokens.filter((token) => readable(input, token))
  const status: ProjectStatus = {
    observedGeneration: generation,
    summary: { tokens: `${working.length}/${project.spec.tokens.length}` },
    tokens: project.spec.tokens.map((token) => ({ name: token.name, secretName: secretOf(input, token) })),
    policies: policies.slice(0, 10),
    conditions: conditionsFrom(project.status?.conditions, conditions, { generation, nowMs: now }),
  }
  const isSettled = conditions.Ready.status === 'True' || conditions.Stalled.status === 'True'
  return { actions, status, notes: [], blocked: [], requeueAfterMs: isSettled ? undefined : watchMs }
}

type Token = ProjectInput['project']['spec']['tokens'][number]

function secretOf({ project }: ProjectInput, { name, secretRef }: Token): string {
  return secretRef?.name ?? tokenSecretName(project.metadata.name, name)
}

function readable(input: ProjectInput, token: Token): boolean {
  const made = token.secretRef === undefined ? input.project : undefined
  return readToken(input.secrets.get(secretOf(input, token)), made).text !== undefined
}

function mint(input: ProjectInput): Action[] {
  const { project, secrets } = input
  const { name, namespace = '' } = project.metadata
  const { clusterRef, id, tokens } = project.spec
  return tokens
    .filter((token) => token.secretRef === undefined && !secrets.has(secretOf(input, token)))
    .map(({ name: token }) => ({
      do: 'mint',
      object: tokenSecret({ namespace, cluster: clusterRef.name, project: { name, id }, token }),
    }))
}

interface Findings {
  readonly problem: ProjectProblem | undefined
  readonly wanted: ReturnType<typeof wantedAccess>
  readonly isMinting: boolean
}

function conditionsOf(input: ProjectInput, { problem, wanted, isMinting }: Findings): Conditions {
  const { project, cluster, table, pods, evidence } = input
  const stalled = stalledOf(input, problem, isMinting)
  if (stalled.status === 'True') {
    const ready = stalled as { reason: ProjectProblem['reason'] | 'ClusterNotFound'; message: string }
    return {
      Ready: { status: 'False', reason: ready.reason, message: ready.message },
      Reconciling: { status: 'False', reason: 'Stalled', message: ready.message },
      Stalled: stalled,
    }
  }
  const reason = project.status?.conditions === undefined || isMinting ? 'Creating' : 'Updating'
  const waiting = (message: string): Conditions => ({
    Ready: { status: 'False', reason: 'NotConfirmed', message },
    Reconciling: { status: 'True', reason, message },
    Stalled: stalled,
  })
  const { id } = project.spec
  const entry = JSON.stringify(wanted.projects.find((one) => one.id === id))
  const inTable = table?.projects.find((one) => one.id === id)
  if (cluster === undefined || inTable === undefined || JSON.stringify(inTable) !== entry) {
    return waiting('the table of tokens does not say so yet')
  }
  const version = table?.version ?? 0
  const running = pods.filter(runs)
  const behind = running.filter((pod) => (evidenceOf(evidence, pod)?.accessVersion ?? 0) < version)
  if (running.length === 0) return waiting('no ingest or query pod is there yet')
  if (behind.length > 0) return waiting(`${behind[0]!.metadata.name} does not know it yet`)
  return {
    Ready: { status: 'True', reason: 'Confirmed', message: '' },
    Reconciling: { status: 'False', reason: 'InSync', message: '' },
    Stalled: stalled,
  }
}

/** One that was evicted stays listed for days; it will never know anything. */
const runs = (pod: Pod) => !isDeleting(pod) && !hasEnded(pod)

function stalledOf(
  { project, cluster }: ProjectInput,
  problem: ProjectProblem | undefined,
  isMinting: boolean,
): Conditions['Stalled'] {
  if (cluster === undefined) {
    const message = `there is no EventCluster ${project.spec.clusterRef.name}: create it, or name another`
    return { status: 'True', reason: 'ClusterNotFound', message }
  }
  // A Secret that is about to be made is not missing.
  const isBeingMade = problem?.reason === 'SecretNotFound' && isMinting
  if (problem !== undefined && !isBeingMade) return { status: 'True', ...problem }
  return { status: 'False', reason: 'NotStalled', message: '' }
}
