/**
 * `bench -- operator`: the operator's runtime on the API server that `KUBECONFIG` names: a cold start with many objects, what it holds in memory,
 * and how long nobody leads.
 *
 * Makes a namespace of its own and deletes it. Does not: measure reconciles, which need the data plane's kinds.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import { resources } from '../../operator/kube/resource.ts'
import { makeRow, median, type Row } from '../report.ts'
import { sampleManager, samplePod } from './sample-pod.ts'
import type { SyncReply } from './sync-process.ts'
import { measureTakeovers } from './takeover.ts'

export interface OperatorBench {
  readonly objects: number
  readonly rounds: number
  readonly say: (line: string) => void
}

const writers = 40

/** Throws where there is no server. */
export async function operatorBench({ objects, rounds, say }: OperatorBench): Promise<Row[]> {
  const access = await findAccess({ env: process.env, machine: realMachine })
  const api = new HttpApi({ access, userAgent: 'anabranch-bench', monotonic: () => performance.now() })
  const made = await api.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: '', generateName: 'bench-operator-' },
  })
  const namespace = made.metadata.name
  try {
    const takeovers = await measureTakeovers(namespace, Math.min(rounds, 3), say)
    await fill(api, { namespace, objects, say })
    const syncs: SyncReply[] = []
    for (let round = 0; round < rounds; round++) {
      syncs.push(await sync(namespace, objects))
      say(`sync ${round + 1}: ${JSON.stringify(syncs.at(-1))}`)
    }
    const rows: [string, string, number][] = [
      ['cold start to synced', 'ms', median(syncs.map(({ syncMs }) => syncMs))],
      ['CPU of a cold start', 'ms', median(syncs.map(({ cpuMs }) => cpuMs))],
      ['longest stall of a cold start', 'ms', median(syncs.map(({ stallMs }) => stallMs))],
      ['memory once synced', 'MB', median(syncs.map(({ rssBytes }) => rssBytes / 1e6))],
      ['most memory of a cold start', 'MB', median(syncs.map(({ maxRssBytes }) => maxRssBytes / 1e6))],
      ['nobody leads after a release, worst', 'ms', Math.max(...takeovers.afterReleaseMs)],
      ['nobody leads after kill -9, worst', 'ms', Math.max(...takeovers.afterKillMs)],
    ]
    const shape = `${objects} pods`
    return rows.map(([name, unit, ours]) => makeRow({ name, shape, unit, ours, peers: {}, hash: undefined }, 'less'))
  } finally {
    await api.delete(resources.namespaces, { name: namespace })
    await api.close()
  }
}

async function fill(
  api: HttpApi,
  { namespace, objects, say }: { namespace: string; objects: number; say: (line: string) => void },
): Promise<void> {
  const began = performance.now()
  let next = 0
  const write = async () => {
    for (let index = next++; index < objects; index = next++) {
      await api.apply(resources.pods, samplePod(namespace, index), { fieldManager: sampleManager, force: true })
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  say(`${objects} pods made in ${Math.round(performance.now() - began)} ms`)
}

async function sync(namespace: string, objects: number): Promise<SyncReply> {
  // As the operator's pod starts it.
  const options = { execArgv: [...nodeOptions], env: { ...process.env, ...mallocEnvironment } }
  const child = fork(join(import.meta.dirname, 'sync-process.ts'), [namespace], options)
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (answer === null || typeof answer !== 'object') throw new Error(`the process that syncs ended with ${answer}`)
  const reply = answer as SyncReply
  if (reply.objects !== objects) throw new Error(`synced ${reply.objects} objects, want ${objects}`)
  return reply
}
