/**
 * `bench -- operator`: the operator on the API server that `KUBECONFIG` names: how long nobody leads, many EventClusters, and a cold start with
 * many objects.
 *
 * Makes namespaces of its own and deletes them. Does not: run pods.
 */
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import { resources } from '../../operator/kube/resource.ts'
import { makeRow, median, type Row } from '../report.ts'
import { measureClusters } from './clusters.ts'
import { measureColdStarts } from './cold-start.ts'
import { samplePod } from './sample-pod.ts'
import { measureTakeovers } from './takeover.ts'

export interface OperatorBench {
  readonly objects: number
  /** Cold starts, and takeovers of each kind. */
  readonly rounds: number
  readonly say: (line: string) => void
}

/** Objects a cluster, about. */
const objectsPerCluster = 10

type Figure = readonly [name: string, unit: string, value: number]

/** Throws where there is no server. */
export async function operatorBench({ objects, rounds, say }: OperatorBench): Promise<Row[]> {
  const access = await findAccess({ env: process.env, machine: realMachine })
  const api = new HttpApi({ access, userAgent: 'anabranch-bench', monotonic: () => performance.now() })
  const clusters = Math.max(1, Math.round(objects / objectsPerCluster))
  const of = { api, objects, rounds, clusters, say }
  try {
    return [
      ...rows('2 processes', await inNamespace(api, (namespace) => takeovers({ ...of, namespace }))),
      ...rows(`${clusters} clusters`, await inNamespace(api, (namespace) => manyClusters({ ...of, namespace }))),
      ...rows(`${objects} pods`, await inNamespace(api, (namespace) => coldStarts({ ...of, namespace }))),
    ]
  } finally {
    await api.close()
  }
}

interface Part extends OperatorBench {
  readonly api: HttpApi
  readonly namespace: string
  readonly clusters: number
}

async function takeovers({ namespace, rounds, say }: Part): Promise<Figure[]> {
  const { afterReleaseMs, afterKillMs } = await measureTakeovers(namespace, Math.min(rounds, 3), say)
  return [
    ['nobody leads after a release, worst', 'ms', Math.max(...afterReleaseMs)],
    ['nobody leads after kill -9, worst', 'ms', Math.max(...afterKillMs)],
  ]
}

async function manyClusters(part: Part): Promise<Figure[]> {
  const { reactionMs, floorMs, restartChanges, restartWrites, lookCpuMs, rssBytes } = await measureClusters(part)
  const p99 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1]!
  return [
    ['change to first write, median', 'ms', median(reactionMs)],
    ['change to first write, p99', 'ms', p99(reactionMs)],
    ['beside it: request to watch event, median', 'ms', median(floorMs)],
    ['beside it: request to watch event, p99', 'ms', p99(floorMs)],
    ['objects changed by a restart', 'objects', restartChanges],
    ['writes sent after a restart', 'writes', restartWrites],
    ['CPU of a look at all that finds nothing', 'ms', lookCpuMs],
    ['beside it: CPU of a fixed loop', 'ms', calibrationMs()],
    ['memory', 'MB', rssBytes / 1e6],
  ]
}

async function coldStarts(part: Part): Promise<Figure[]> {
  const starts = await measureColdStarts(part)
  return [
    ['cold start to synced', 'ms', median(starts.map(({ syncMs }) => syncMs))],
    ['CPU of a cold start', 'ms', median(starts.map(({ cpuMs }) => cpuMs))],
    ['longest stall of a cold start', 'ms', median(starts.map(({ stallMs }) => stallMs))],
    ['memory once synced', 'MB', median(starts.map(({ rssBytes }) => rssBytes / 1e6))],
    ['most memory of a cold start', 'MB', median(starts.map(({ maxRssBytes }) => maxRssBytes / 1e6))],
  ]
}

/** CPU of making and reading the JSON of a small pod 20,000 times: what this machine is worth at that moment. */
function calibrationMs(): number {
  const pod = samplePod('calibration', 0)
  const before = process.cpuUsage()
  for (let round = 0; round < 20_000; round++) JSON.parse(JSON.stringify(pod))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function rows(shape: string, figures: readonly Figure[]): Row[] {
  return figures.map(([name, unit, ours]) => makeRow({ name, shape, unit, ours, peers: {}, hash: undefined }, 'less'))
}

async function inNamespace<T>(api: HttpApi, act: (namespace: string) => Promise<T>): Promise<T> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '', generateName: 'bench-operator-' } }
  const { name } = (await api.create(resources.namespaces, object)).metadata
  try {
    return await act(name)
  } finally {
    await api.delete(resources.namespaces, { name })
  }
}
