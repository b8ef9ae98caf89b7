import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import { namespace, OperatorWorld } from '../../test/support/operator/world.ts'
import { settled } from '../../test/support/until.ts'
import type { EventCluster } from '../kube/kinds.ts'
import { Leadership } from '../kube/lease/leadership.ts'
import { runtimeMetrics } from '../kube/metrics.ts'
import { resources } from '../kube/resource.ts'
import { Operator } from './operator.ts'

interface Counts {
  readonly values: readonly { readonly labels: { readonly controller?: string }; readonly value: number }[]
}

const logger = { info() {}, warn() {}, error() {} }

/** The operator with watches, stores and queues on the world's API; nodes go on step by step beside it. */
function start(world: OperatorWorld, term: number) {
  const terms: number[] = []
  const registry = new Registry()
  const stop = new AbortController()
  const operator = new Operator({
    ...{ api: world.api, plane: world.plane, clock: realClock, random: realRandom, logger, instance: 'test' },
    metrics: runtimeMetrics(registry, { host: 'test', lease: 'test' }),
    vetoed() {},
    sawTerm: (seen) => terms.push(seen),
    operator: { version: '1', image: 'anabranch:1' },
  })
  const leadership = new Leadership(realClock, term, Number.POSITIVE_INFINITY)
  const running = Promise.all([operator.follow(stop.signal), operator.lead(leadership, stop.signal)])
  const end = async () => {
    stop.abort()
    await running
  }
  /** Of clusters, so far. */
  const reconciles = async () => {
    const { values } = (await registry.getSingleMetric('controller_runtime_reconcile_total')!.get()) as Counts
    return values.filter(({ labels }) => labels.controller === 'clusters').reduce((sum, { value }) => sum + value, 0)
  }
  return { terms, end, reconciles }
}

const phaseOf = async (world: OperatorWorld) =>
  ((await world.get(resources.eventClusters, 'shop')) as EventCluster | undefined)?.status?.phase

it('operator: on watches and stores -> a cluster becomes Ready, and then nothing is written (OPR-2)', async () => {
  const world = new OperatorWorld()
  const { end, reconciles } = start(world, 1)
  await world.apply('EventCluster', 'shop', { upgrade: { minReadySeconds: 0 } })
  await settled(async () => {
    await world.nodes.step()
    return (await phaseOf(world)) === 'Ready'
  }, 20_000)
  const before = world.api.machinery.storage.revision
  for (let look = 1; look <= 3; look++) {
    const looks = await reconciles()
    const body = { metadata: { annotations: { 'example.com/look': String(look) } } }
    await world.api.patch(resources.eventClusters, { namespace, name: 'shop' }, { type: 'merge', body })
    await settled(async () => (await reconciles()) > looks, 20_000)
  }
  // The annotations, and nothing else.
  expect(world.api.machinery.storage.revision).toBe(before + 3)
  await end()
})

it('operator: a pod has obeyed a later leader than this one -> whoever elects is told, and nothing is commanded', async () => {
  const world = new OperatorWorld()
  await world.apply('EventCluster', 'shop', {})
  await world.settle()
  world.plane.of('shop-log').leaderTerm = 9
  const { terms, end } = start(world, 1)
  await settled(() => terms.includes(9), 20_000)
  await end()
  expect(world.plane.of('shop-log').leaderTerm).toBe(9)
})
