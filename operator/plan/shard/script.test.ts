import { join } from 'node:path'
import { judge } from '../../../crds/judge.ts'
import { eventClusterKind } from '../../../crds/kind.ts'
import { type Line, textScripts } from '../../../test/support/operator/text-script.ts'
import type { EventCluster, Shard } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { labelNames } from '../../render/names.ts'
import { revisionData } from '../../render/revisions.ts'
import { type Action, objectOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import type { PodEvidence } from '../evidence.ts'
import type { Claim, Pod } from '../seen.ts'
import { decideShard } from './decide.ts'
import type { ShardInput } from './input.ts'

const now = Date.UTC(2026, 0, 1)
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()

/** Lines of the state: see the files. */
function inputOf(state: readonly Line[]): ShardInput {
  const line = (word: string) => state.find(({ words }) => words[0] === word)
  const cluster = clusterOf(line('cluster'))
  const shard = shardOf(line('shard')!)
  const evidence = new Map<string, PodEvidence>()
  const replicas = state.filter(({ words }) => words[0] === 'replica')
  const pods = replicas.filter(({ values }) => values.pod !== undefined).map((one) => podOf(one, evidence))
  const claims = replicas.filter(({ values }) => values.claim !== undefined).map(claimOf)
  const routers = state.filter(({ words }) => words[0] === 'router').map((one, index) => routerOf(one, index, evidence))
  const log = logOf(line('log'), evidence)
  const view = { namespace: 'prod', name: 'shop', uid: 'uid-shop', dataId: 'shop' }
  const data = revisionData(cluster.spec, 'anabranch:1', undefined)
  return {
    now,
    shard,
    cluster: line('cluster')?.words.includes('gone') ? undefined : cluster,
    view: { ...view, spec: cluster.spec, claims: { log: 'shop-log', store: 'shop-store' } },
    isNamespaceEnding: line('namespace') !== undefined,
    revisions: new Map(['A', 'B', 'C'].map((name) => [name, data])),
    ...{ pods, claims, routers, log },
    map: mapOf(line('map')),
    dataVolumesUnsure: line('volumes') && 'claim shop-log of the log is gone',
    evidence,
    policies: [],
  }
}

function clusterOf(line: Line | undefined): EventCluster {
  const { words = [], values = {} } = line ?? {}
  const upgrade = { minReadySeconds: Number(values.minReady ?? 10) }
  const deletion = words.includes('delete-confirmed') ? { policy: 'Delete', confirm: 'shop' } : {}
  const metadata = { name: 'shop', namespace: 'prod', uid: 'uid-shop', ...deleting(words) }
  const spec = { upgrade, deletion, paused: words.includes('paused') }
  const { object } = judge(eventClusterKind, { metadata, spec })
  return object as unknown as EventCluster
}

function deleting(words: readonly string[]) {
  return words.includes('deleting') ? { deletionTimestamp: ago(1) } : {}
}

function shardOf({ words, values }: Line): Shard {
  const annotations = values.hold === undefined ? {} : { annotations: { 'anabranch.dev/hold': values.hold } }
  return {
    apiVersion: 'anabranch.dev/v1alpha1',
    kind: 'Shard',
    metadata: {
      ...{ name: 'shop-0', namespace: 'prod', uid: 'uid-0', generation: 1, finalizers: ['anabranch.dev/data'] },
      ...annotations,
      ...deleting(words),
    },
    spec: {
      ...{ clusterRef: { name: 'shop' }, id: 0, range: { start: '00000000', end: '100000000' } },
      replicas: Number(values.replicas),
      revision: values.revision!,
    },
  }
}

function labelsOf(ordinal: string, revision: string) {
  return {
    ...{ [labelNames.cluster]: 'shop', [labelNames.role]: 'replica', [labelNames.shard]: '0' },
    ...{ [labelNames.replica]: ordinal, [labelNames.revision]: revision },
  }
}

function claimOf({ words, values }: Line): Claim {
  const [, ordinal = ''] = words
  const phase = words.includes('lost') ? 'Lost' : 'Bound'
  const metadata = { name: `shop-0-${ordinal}`, namespace: 'prod', uid: `claim-${ordinal}` }
  const labels = labelsOf(ordinal, values.claim!)
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...metadata, labels }, status: { phase } }
}

function podOf({ words, values }: Line, evidence: Map<string, PodEvidence>): Pod {
  const [, ordinal = '', state = 'serving'] = words
  const uid = `pod-${ordinal}`
  const isUp = state === 'serving' || state === 'silent'
  const waiting = { 'bad-image': 'ErrImagePull', crashing: 'CrashLoopBackOff' }[state]
  const isRunning = isUp || state === 'starting' || state === 'stuck' || state === 'stopping'
  if (state === 'serving' || state === 'stuck' || state === 'starting') {
    const { audit = 'audited', manifest = '1', late = '0' } = values
    const of = { audit: audit as 'audited', manifest: Number(manifest), lateForMs: Number(late) * 1000 }
    evidence.set(uid, said(uid, state, of))
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: `shop-0-${ordinal}`, namespace: 'prod', uid, creationTimestamp: ago(600) },
      labels: labelsOf(ordinal, values.pod!),
      ...(state === 'stopping' && { deletionTimestamp: ago(1) }),
    },
    spec: state === 'unschedulable' ? {} : { nodeName: 'a1' },
    status: {
      phase: state === 'ended' ? 'Failed' : 'Running',
      ...(isRunning && { podIP: `10.0.0.${ordinal}` }),
      conditions: [
        { type: 'Ready', status: isUp ? 'True' : 'False', lastTransitionTime: ago(Number(values.since ?? 60)) },
        ...(state === 'unschedulable'
          ? [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }]
          : []),
      ],
      ...(state !== 'unschedulable' && {
        containerStatuses: [
          { image: 'anabranch:1', state: waiting === undefined ? { running: {} } : { waiting: { reason: waiting } } },
        ],
      }),
    },
  }
}

interface Of {
  readonly audit: 'audited'
  readonly manifest: number
  readonly lateForMs?: number
}

function said(instance: string, state: PodEvidence['state'], { audit, manifest, lateForMs = 0 }: Of): PodEvidence {
  const shard = { id: '0', isPrimary: false, manifestVersion: manifest, audit, auditMessage: 'row 7', lateForMs }
  const reason = state === 'serving' ? '' : 'LOG_UNAVAILABLE'
  const versions = { routingEpoch: 3, accessVersion: 0, settingsVersion: 1, leaderTerm: 1 }
  return { instance, state, reason, version: '0', ...versions, shards: [shard] }
}

function routerOf({ words, values }: Line, index: number, evidence: Map<string, PodEvidence>): Pod {
  const uid = `router-${index}`
  const routingEpoch = Number(values.epoch)
  if (!words.includes('silent')) {
    evidence.set(uid, { ...said(uid, 'serving', { audit: 'audited', manifest: 1 }), routingEpoch, shards: [] })
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: `shop-query-${index}`, namespace: 'prod', uid } }
}

function logOf(line: Line | undefined, evidence: Map<string, PodEvidence>): Pod | undefined {
  const state = line?.words[1] ?? 'serving'
  if (state === 'gone') return undefined
  const uid = 'uid-log'
  if (state !== 'silent') {
    const answer = said(uid, state as 'serving', { audit: 'audited', manifest: 1 })
    evidence.set(uid, { ...answer, shards: [] })
  }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-log', namespace: 'prod', uid } }
}

function mapOf(line: Line | undefined): ShardInput['map'] {
  const { epoch = '3', primary = '0', replicas = '0,1' } = line?.values ?? {}
  const named = replicas.split(',').filter(Boolean)
  const entries = named.map((ordinal) => ({ name: `shop-0-${ordinal}`, address: `10.0.0.${ordinal}:9090` }))
  const shard = { id: '0', start: 0, end: 2 ** 32, epoch: 1, primary: `shop-0-${primary}`, replicas: entries }
  return { routingEpoch: Number(epoch), cluster: 'shop', generation: 1, partitions: 64, shards: [shard] }
}

function printed({ claims }: ShardInput, { actions, status, blocked, requeueAfterMs }: Decision<Shard['status']>) {
  const primary = status?.primary?.replace('shop-0-', '') ?? 'none'
  const states = status?.pods?.map(({ name, state }) => `${name.replace('shop-0-', '')}=${state}`).join(' ')
  const conditions = (status?.conditions ?? [])
    .filter(({ type, status, reason }) => news(type, status, reason))
    .map(({ type, status, reason }) => `${type}=${status}/${reason}`)
  return [
    ...actions.map((action) => actionLine(action, claims)).filter((text) => text !== ''),
    ...blocked.map(({ act, object, veto }) => `blocked ${act} ${object}: ${veto}`),
    `primary ${primary}, ${states || 'no replicas'}${requeueAfterMs === undefined ? ', settled' : ''}`,
    ...(conditions.length > 0 ? [conditions.join(' ')] : []),
  ]
}

/** Those that say more than the states do. */
function news(type: string, status: string, reason: string): boolean {
  if (type === 'CaughtUp') return status === 'False'
  const quiet = ['Held', 'Redundant', 'Reconciling', 'Consistent', 'Ready']
  return !quiet.includes(type) && !['NotStalled', 'OnWantedRevision', 'RollingOut'].includes(reason) && status !== ''
}

/** Nothing for what is so already. */
function actionLine(action: Action, claims: readonly KubeObject[]): string {
  if (action.do === 'delete') return `delete ${objectOf(action)}${action.act === undefined ? '' : ` (${action.act})`}`
  if (action.do !== 'apply' && action.do !== 'create') return `${action.do} ${objectOf(action)}`
  const { kind, metadata } = action.object
  const revision = metadata.labels?.[labelNames.revision]
  const known = claims.find((claim) => claim.metadata.name === metadata.name)
  if (kind === 'PersistentVolumeClaim' && known?.metadata.labels?.[labelNames.revision] === revision) return ''
  if (kind === 'PodDisruptionBudget') return ''
  return `${action.do} ${objectOf(action)} revision=${revision}`
}

textScripts('plan of a shard', join(import.meta.dirname, 'testdata'), (state) => {
  const input = inputOf(state)
  return printed(input, decideShard(input))
})
