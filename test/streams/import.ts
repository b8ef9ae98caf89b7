/**
 * A stream through the whole path, as a server would take it: import bodies are validated, accepted in requests, made
 * durable in a FileLog, applied by a shard, cut into segments on a folder store; the newest part stays in the tail.
 *
 * Some requests are sent again, as senders do after a lost reply. What comes back for the oracle is what was sent,
 * with the positions that a dump of the log shows.
 */
import type { Disk } from '../../dataplane/core/ports.ts'
import { Ingest } from '../../dataplane/ingest/ingest.ts'
import { validate } from '../../dataplane/ingest/validate.ts'
import { dumpEvents } from '../../dataplane/log/dump.ts'
import { openFileLog } from '../../dataplane/log/file-log/open.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import type { Event } from '../../dataplane/schema/event.ts'
import { FolderStore } from '../../dataplane/storage/object/folder-store.ts'
import type { Json, LoggedEvent, SentEvent } from '../../oracle/event.ts'
import { caughtUp, openShards, strictLogger } from '../support/shards.ts'
import { type ImportBody, sentEvent } from './stream.ts'

export interface Imported {
  readonly view: ShardView
  /** Every copy that the log holds. */
  readonly logged: readonly LoggedEvent[]
  /** Messages of events that validation refused. */
  readonly refused: readonly string[]
  close(): Promise<void>
}

const requestRows = 2000
/** Events between two cuts. */
const cutRows = 65_536
/** The server's clock: after the last event of any stream. */
const now = Date.UTC(2027, 0, 1)

export async function importStream(bodies: readonly ImportBody[], project: string, disk: Disk): Promise<Imported> {
  const ports = { disk, random: realRandom, logger: strictLogger }
  const { log } = await openFileLog(ports, { folder: 'log', partitions: 4, generation: 1 })
  const ingest = new Ingest({ log, clock: realClock, generation: 1 })
  const store = new FolderStore(disk, 'store', realRandom)
  const [shard] = await openShards(log, store, { limits: { runRowsMax: cutRows } })
  const refused: string[] = []
  for (let at = 0; at < bodies.length; at += cutRows) {
    const requests = requestsOf(bodies.slice(at, at + cutRows), project, refused)
    await Promise.all(requests.map((events) => ingest.accept({ events, bytes: 500 * events.length })))
    // The reply to the first request is lost, so it is sent again.
    await ingest.accept({ events: requests[0], bytes: 500 * requests[0].length })
    await caughtUp(shard)
    if (at + cutRows < bodies.length) await shard.cut()
  }
  await ingest.close()
  const logged = await positioned(
    bodies.map((body) => sentEvent(body, project)),
    disk,
  )
  const close = async () => {
    await log.close()
    await store.close()
  }
  return { view: await shard.view(), logged, refused, close }
}

function requestsOf(bodies: readonly ImportBody[], project: string, refused: string[]): Event[][] {
  const requests: Event[][] = []
  for (let at = 0; at < bodies.length; at += requestRows) {
    const events: Event[] = []
    for (const body of bodies.slice(at, at + requestRows)) {
      const { event, error } = validate(body, { project, now })
      if (event !== undefined) events.push(event)
      else refused.push(`${error.field}: ${error.message}`)
    }
    requests.push(events)
  }
  return requests
}

/** What was sent, once for each copy in the log. Throws when the log holds anything else, or lacks something. */
async function positioned(sent: readonly SentEvent[], disk: Disk): Promise<LoggedEvent[]> {
  const byKey = new Map(sent.map((event) => [keyOf(event), event]))
  if (byKey.size !== sent.length) throw new Error(`${sent.length} events were sent under ${byKey.size} keys`)
  const found = new Set<string>()
  const logged: LoggedEvent[] = []
  for await (const { generation: _, partition, offset, index, ...dumped } of dumpEvents(disk, 'log')) {
    const key = keyOf(dumped)
    const event = byKey.get(key)
    if (event === undefined || !isSame(event, dumped as SentEvent)) throw new Error(`the log holds ${key} altered`)
    found.add(key)
    logged.push({ ...event, position: { partition, offset, index } })
  }
  if (found.size !== sent.length) throw new Error(`${sent.length} events were sent, the log holds ${found.size}`)
  return logged
}

function keyOf(event: { event: string; distinct_id: string; insert_id: string }): string {
  return `${event.event}\n${event.distinct_id}\n${event.insert_id}`
}

/** The streams have flat properties of JSON's simple types. */
function isSame(a: SentEvent, b: SentEvent): boolean {
  const keys = Object.keys(a.properties)
  if (a.time !== b.time || a.project !== b.project || keys.length !== Object.keys(b.properties).length) return false
  return keys.every((key) => isEqual(a.properties[key], b.properties[key]))
}

function isEqual(a: Json, b: Json | undefined): boolean {
  return typeof a !== 'object' || a === null ? a === b : JSON.stringify(a) === JSON.stringify(b)
}
