/**
 * One process that fills a store with the pods of a namespace, as the operator does at its start, and says how long it took and what it holds.
 *
 * Argument: the namespace. The server is the one that `KUBECONFIG` names.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import { Informers } from '../../operator/kube/informer.ts'
import { resources } from '../../operator/kube/resource.ts'
import { keepFieldsOf } from '../../operator/kube/transform.ts'
import { sampleManager } from './sample-pod.ts'

export interface SyncReply {
  readonly objects: number
  /** From the first request to a full store. */
  readonly syncMs: number
  readonly cpuMs: number
  /** The longest time in which the event loop did nothing else. */
  readonly stallMs: number
  readonly rssBytes: number
  readonly maxRssBytes: number
}

const [namespace] = process.argv.slice(2) as [string]
const access = await findAccess({ env: process.env, machine: realMachine })
const api = new HttpApi({ access, userAgent: 'anabranch-bench', monotonic: () => realClock.monotonic() })
const logger = { info: () => {}, warn: console.error, error: console.error }
const informers = new Informers({ api, clock: realClock, random: realRandom, logger })
const transform = keepFieldsOf((manager) => manager === sampleManager)
const byShard = {
  shard: ({ metadata }: { metadata: { labels?: Readonly<Record<string, string>> } }) => [
    metadata.labels?.['anabranch.dev/shard'] ?? '',
  ],
}
const store = informers.watch({ resource: resources.pods, selection: { namespace }, transform, indexes: byShard })
const stop = new AbortController()
const loop = monitorEventLoopDelay({ resolution: 5 })
loop.enable()
const cpu = process.cpuUsage()
const start = realClock.monotonic()
informers.run(stop.signal)
await informers.synced()
const syncMs = realClock.monotonic() - start
const { user, system } = process.cpuUsage(cpu)
// What is held once the pages are let go, after the collector of the runtime has run by itself.
await realClock.sleep(2000)
const reply: SyncReply = {
  objects: store.size,
  syncMs,
  cpuMs: (user + system) / 1000,
  stallMs: loop.max / 1e6,
  rssBytes: process.memoryUsage().rss,
  maxRssBytes: process.resourceUsage().maxRSS * 1024,
}
process.send!(reply, () => process.exit(0))
