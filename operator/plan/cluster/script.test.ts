import { join } from 'node:path'
import { judge } from '../../../crds/judge.ts'
import { eventClusterKind } from '../../../crds/kind.ts'
import { type Line, textScripts } from '../../../test/support/operator/text-script.ts'
import type { EventCluster, Shard } from '../../kube/kinds.ts'
import { labelNames } from '../../render/names.ts'
import type { Pod } from '../seen.ts'
import { planRollout } from './rollout.ts'
import { nextMap } from './routing-map.ts'

function clusterOf({ values }: Line): EventCluster {
  const upgrade = { maxUnavailableShards: Number(values.max ?? 1) }
  const metadata = { name: 'shop', namespace: 'prod', uid: 'uid-shop' }
  return judge(eventClusterKind, { metadata, spec: { upgrade } }).object as unknown as EventCluster
}

/** `shard ID new|old serving|moving|down|diverged`. */
function shardOf({ words }: Line, wanted: string): Shard {
  const [, id, revision, state] = words
  const name = revision === 'new' ? wanted : 'shop-old'
  const pods = [
    {
      name: `shop-${id}-0`,
      revision: name,
      state: state === 'serving' || state === 'diverged' ? 'Serving' : 'Starting',
    },
  ]
  const condition = (type: string, status: string) => ({ type, status, reason: 'X', message: '' })
  return {
    ...{ apiVersion: 'anabranch.dev/v1alpha1', kind: 'Shard' },
    metadata: { name: `shop-${id}`, namespace: 'prod', generation: 1 },
    spec: { clusterRef: { name: 'shop' }, id: Number(id), replicas: 1, revision: name },
    status: {
      observedGeneration: 1,
      pods,
      conditions: [
        condition('Ready', state === 'down' || state === 'moving' ? 'False' : 'True'),
        condition('Consistent', state === 'diverged' ? 'False' : 'True'),
      ],
    },
  } as unknown as Shard
}

function rollout(state: readonly Line[]): string[] {
  const cluster = clusterOf(state.find(({ words }) => words[0] === 'cluster')!)
  const { wanted } = planRollout({ cluster, shards: [], image: 'anabranch:2' })
  const shards = state.filter(({ words }) => words[0] === 'shard').map((line) => shardOf(line, wanted))
  const plan = planRollout({ cluster, shards, image: 'anabranch:2' })
  const lines = shards.map(({ spec }) => `${spec.id} ${plan.revisions.get(spec.id) === wanted ? 'new' : 'old'}`)
  return [lines.join(', '), `${plan.shardsUpdated} updated${plan.isComplete ? ', complete' : ''}`]
}

/** `map epoch=3 primary=0 replicas=0@1,1@2`: ordinal and last number of the address. */
function mapOf({ values }: Line) {
  const { epoch, primary = '', replicas = '' } = values
  const entries = replicas
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const [ordinal, host] = text.split('@')
      return { name: `shop-0-${ordinal}`, address: `10.0.0.${host}:9090` }
    })
  const name = primary === '' ? '' : `shop-0-${primary}`
  const shard = { id: '0', start: 0, end: 2 ** 32, epoch: 1, primary: name, replicas: entries }
  return { routingEpoch: Number(epoch), cluster: 'shop', generation: 1, partitions: 64, shards: [shard] }
}

/** `pod ORDINAL [deleting] address=N`; no address: it has none yet. */
function podOf({ words, values }: Line): Pod {
  const labels = { [labelNames.role]: 'replica', [labelNames.shard]: '0' }
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: {
      ...{ name: `shop-0-${words[1]}`, labels },
      ...(words.includes('deleting') && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    status: { phase: 'Running', ...(values.address !== undefined && { podIP: `10.0.0.${values.address}` }) },
  }
}

/** `wants replicas=2 primary=0 draining=1`: what the Shard says. */
function wishOf({ values }: Line, pods: readonly Pod[]): Shard {
  const states = pods.map(({ metadata: { name } }) => ({
    ...{ name, state: name === `shop-0-${values.draining}` ? 'Draining' : 'Serving' },
  }))
  const primary = values.primary === undefined ? {} : { primary: `shop-0-${values.primary}` }
  const spec = { clusterRef: { name: 'shop' }, id: 0, replicas: Number(values.replicas) }
  const metadata = { name: 'shop-0', namespace: 'prod' }
  return {
    ...{ apiVersion: '', kind: 'Shard', metadata, spec },
    status: { ...primary, pods: states },
  } as unknown as Shard
}

function routing(state: readonly Line[]): string[] {
  const pods = state.filter(({ words }) => words[0] === 'pod').map(podOf)
  const wishes = state.filter(({ words }) => words[0] === 'wants').map((line) => wishOf(line, pods))
  const next = nextMap(mapOf(state.find(({ words }) => words[0] === 'map')!), wishes, pods)
  const [{ primary, replicas, epoch }] = next.shards as [(typeof next.shards)[number]]
  const named = replicas.map(({ name, address }) => `${name.slice(7)}@${address.slice(7, -5)}`)
  return [
    `epoch ${next.routingEpoch}, of its range ${epoch}, primary ${primary.slice(7) || 'none'}: ${named.join(' ') || 'nobody'}`,
  ]
}

textScripts('plan of a cluster', join(import.meta.dirname, 'testdata'), (state) =>
  state.some(({ words }) => words[0] === 'map') ? routing(state) : rollout(state),
)
