/**
 * Many EventClusters on a real API server: how soon a change is acted on, what a restart writes, what looking at all of them costs.
 *
 * No pods run there, so every cluster waits for its pods for ever; that is a state as steady as any.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import type { HttpApi } from '../../operator/kube/client/http-api.ts'
import { Informers } from '../../operator/kube/informer.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { OperatorProcess, pause } from './operator-process.ts'

export interface ClustersBench {
  readonly api: HttpApi
  readonly namespace: string
  readonly clusters: number
  readonly say: (line: string) => void
}

export interface ClustersResult {
  /** From the change to the operator's first write of a child, both as a third party's watch sees them. */
  readonly reactionMs: readonly number[]
  /** To the change itself in the same third party's watch: what the server and the machine take at that moment. */
  readonly floorMs: readonly number[]
  /** Objects whose version changed, and writes sent that are no Lease's, from the restart until it was idle. */
  readonly restartChanges: number
  readonly restartWrites: number
  /** CPU of one look at every cluster and its shards that finds nothing to do. */
  readonly lookCpuMs: number
  readonly rssBytes: number
}

const writers = 20
const changes = 200
const quietMs = 5_000
/** The operator looks at everything twice in a minute. */
const watchedMs = 65_000

export async function measureClusters(options: ClustersBench): Promise<ClustersResult> {
  const { api, namespace, clusters, say } = options
  await install(api)
  let operator = new OperatorProcess(namespace)
  try {
    await make(options)
    await operator.idle(quietMs)
    say(`${clusters} EventClusters are in place`)
    const reactions = await react(options)
    const slowest = reactions.reactionMs.toSorted((a, b) => b - a).slice(0, 5)
    say(`${reactions.reactionMs.length} changes were acted on, the slowest after ${slowest.map(Math.round)} ms`)
    await operator.idle(quietMs)
    const before = await versions(api, namespace)
    await operator.end()
    operator = new OperatorProcess(namespace)
    await operator.until((page) => page.sum('controller_runtime_reconcile_total', 'controller="clusters"') >= clusters)
    const page = await operator.idle(quietMs)
    const after = await versions(api, namespace)
    const restartChanges = [...after].filter(([name, version]) => before.get(name) !== version).length
    const restartWrites = ['written', 'unchanged'].reduce(
      (sum, result) => sum + page.sum('anabranch_operator_writes_total', `result="${result}"`),
      0,
    )
    say(`restarted: ${restartWrites} writes, ${restartChanges} objects changed`)
    const looked = await looks(operator, clusters)
    return { ...reactions, restartChanges, restartWrites, ...looked }
  } finally {
    operator.kill()
    await release(api, namespace)
  }
}

/** Takes the finalizers off, as there is no operator any more that would: the namespace could never go. */
async function release(api: HttpApi, namespace: string): Promise<void> {
  for (const resource of [resources.shards, resources.eventClusters]) {
    const { items } = await api.list(resource, { namespace })
    const body = { metadata: { finalizers: null } }
    await Promise.all(
      items.map(({ metadata: { name } }) => api.patch(resource, { namespace, name }, { type: 'merge', body })),
    )
  }
}

async function install(api: HttpApi): Promise<void> {
  const folder = join(import.meta.dirname, '..', '..', 'crds', 'generated')
  for (const file of await readdir(folder)) {
    const definition = parse(await readFile(join(folder, file), 'utf8')) as KubeObject
    await api.apply(resources.customResourceDefinitions, definition, { fieldManager: 'anabranch-bench', force: true })
  }
  // Served a moment after they are accepted.
  while ((await api.list(resources.eventClusters).catch(() => undefined)) === undefined) await pause(100)
}

async function make({ api, namespace, clusters }: ClustersBench): Promise<void> {
  let next = 0
  const write = async () => {
    for (let index = next++; index < clusters; index = next++) {
      await api.create(resources.eventClusters, {
        apiVersion: 'anabranch.dev/v1alpha1',
        kind: 'EventCluster',
        metadata: { name: nameOf(index), namespace },
        spec: {},
      })
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
}

const nameOf = (index: number) => `shop-${String(index).padStart(4, '0')}`

/** One cluster after the other is scaled; the clocks run until a watch sees the change, and the Deployment that follows it. */
async function react({
  api,
  namespace,
  clusters,
}: ClustersBench): Promise<Pick<ClustersResult, 'reactionMs' | 'floorMs'>> {
  const logger = { info: () => {}, warn: console.error, error: console.error }
  const informers = new Informers({ api, clock: realClock, random: realRandom, logger })
  const seen = new Map<string, () => void>()
  for (const resource of [resources.eventClusters, resources.deployments]) {
    informers.watch({ resource, selection: { namespace } }).listen(({ object }) => {
      const spec = object.spec as { replicas?: number; ingest?: { replicas?: number } }
      if ((spec.ingest ?? spec).replicas === 2) seen.get(`${object.kind} ${object.metadata.name}`)?.()
    })
  }
  const stop = new AbortController()
  const following = informers.run(stop.signal)
  await informers.synced()
  const [reactionMs, floorMs]: [number[], number[]] = [[], []]
  const count = Math.min(changes, clusters)
  for (let change = 0; change < count; change++) {
    const name = nameOf(Math.floor((change * clusters) / count))
    const at = (key: string) => new Promise<number>((resolve) => seen.set(key, () => resolve(performance.now())))
    const [changed, acted] = [at(`EventCluster ${name}`), at(`Deployment ${name}-ingest`)]
    const asked = performance.now()
    await api.patch(
      resources.eventClusters,
      { namespace, name },
      { type: 'merge', body: { spec: { ingest: { replicas: 2 } } } },
    )
    floorMs.push((await changed) - asked)
    reactionMs.push((await acted) - (await changed))
  }
  stop.abort()
  await following
  return { reactionMs, floorMs }
}

/** Versions of everything in the namespace that the operator writes, its Lease aside. */
async function versions(api: HttpApi, namespace: string): Promise<Map<string, string>> {
  const { eventClusters, shards, pods, configMaps, secrets, services, deployments, persistentVolumeClaims } = resources
  const result = new Map<string, string>()
  for (const resource of [
    eventClusters,
    shards,
    pods,
    configMaps,
    secrets,
    services,
    deployments,
    persistentVolumeClaims,
  ]) {
    for (const { kind, metadata } of (await api.list(resource, { namespace })).items) {
      result.set(`${kind} ${metadata.name}`, metadata.resourceVersion!)
    }
  }
  return result
}

async function looks(operator: OperatorProcess, clusters: number): Promise<{ lookCpuMs: number; rssBytes: number }> {
  const [cpu, looked] = ['process_cpu_seconds_total', 'controller_runtime_reconcile_total'] as const
  const before = await operator.metrics()
  await pause(watchedMs)
  const after = await operator.metrics()
  const rounds = (after.sum(looked, 'controller="clusters"') - before.sum(looked, 'controller="clusters"')) / clusters
  return {
    lookCpuMs: ((after.sum(cpu) - before.sum(cpu)) * 1000) / rounds,
    rssBytes: after.sum('process_resident_memory_bytes'),
  }
}
