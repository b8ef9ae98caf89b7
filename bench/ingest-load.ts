/**
 * The load of `bench -- ingest`: bodies over so many connections as fast as they are acknowledged, and beside
 * it single events of another project, each asked for as soon as it is acknowledged.
 *
 * A probe asks with the end of the log at its acknowledgement as the minimum: its answer reflects everything
 * that was acknowledged before it, the bodies of the load too, so the time until the answer is accepted →
 * queryable of all of them, the query included (ING-1).
 */
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { callUnary } from '../dataplane/rpc/client.ts'
import { channelOptions, plainText } from '../dataplane/rpc/credentials.ts'
import { LogClient } from '../proto/generated/anabranch/v1/log.ts'
import { workloadStart } from '../workload/shape.ts'
import type { BodyFile } from './body-file.ts'
import { tokenOf } from './ingest-processes.ts'

const probeEveryMs = 100
export const probeProject = 'probe'

export class HttpClient {
  readonly #agent: Agent
  readonly #host: string
  readonly #port: string

  constructor(endpoint: string, connections: number) {
    const [host, port] = endpoint.split(':')
    this.#host = host!
    this.#port = port!
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** The answer to a POST of JSON. Throws when it is not 200. */
  async post(path: string, authorization: string, body: string | Uint8Array): Promise<unknown> {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request({ host: this.#host, port: this.#port, path, method: 'POST', agent: this.#agent, headers })
    sent.end(body)
    const [reply] = await once(sent, 'response')
    const text = Buffer.concat(await reply.toArray()).toString()
    if (reply.statusCode !== 200) throw new Error(`${path} answers ${reply.statusCode}: ${text}`)
    return JSON.parse(text)
  }

  close(): void {
    this.#agent.destroy()
  }
}

export function basic(project: string): string {
  return `Basic ${btoa(`${tokenOf(project)}-send:`)}`
}

export function bearer(project: string): string {
  return `Bearer ${tokenOf(project)}-ask`
}

export interface SendOptions {
  readonly project: string
  readonly connections: number
  /** Bodies `[first, end)`. */
  readonly first: number
  readonly end: number
  /** Events a second at most; as many as are acknowledged by default. */
  readonly rate?: number | undefined
}

/** Sends bodies; the number of events in them, once all are acknowledged. Throws when an event is refused. */
export async function sendAll(
  ingest: HttpClient,
  bodies: BodyFile,
  { project, connections, first, end, rate = Number.POSITIVE_INFINITY }: SendOptions,
): Promise<number> {
  let next = first
  let stored = 0
  const begin = performance.now()
  const authorization = basic(project)
  const connection = async () => {
    while (next < end) {
      const index = next++
      const due = begin + (1000 * bodies.rowsIn(first, index)) / rate
      if (due > performance.now()) await sleep(due - performance.now())
      const reply = await ingest.post('/import?strict=1', authorization, bodies.body(index))
      stored += (reply as { num_records_imported: number }).num_records_imported
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const sent = bodies.rowsIn(first, end)
  if (stored !== sent) throw new Error(`${sent} events were sent, ${stored} acknowledged`)
  return stored
}

/** How much of the log there is, as the minimum of a query. */
export interface Ends {
  readonly generation: number
  readonly next: Readonly<Record<string, number>>
}

/** One call for all partitions. */
export function endsOfLog(address: string): { ends(): Promise<Ends>; close(): void } {
  const client = new LogClient(address, plainText.channel, channelOptions)
  const options = { timeoutMs: 10_000, fallback: 'LOG_UNAVAILABLE', what: `describe the log at ${address}` } as const
  return {
    async ends() {
      const { generation, ends } = await callUnary(client, client.describe, {}, { ...options, now: Date.now() })
      return { generation, next: Object.fromEntries(ends.entries()) }
    },
    close: () => client.close(),
  }
}

/** How many events of a project a query sees. */
export async function countOf(query: HttpClient, project: string, document: object): Promise<number> {
  const asked = { type: 'segmentation', project, select: {}, measure: 'total', ...document }
  const { result } = (await query.post('/v1/query', bearer(project), JSON.stringify(asked))) as {
    result: { overall: { total: number } }
  }
  return result.overall.total
}

export interface Probed {
  /** ms from sending to the acknowledgement. */
  readonly acknowledged: readonly number[]
  /** ms from the acknowledgement to an answer that has the event. */
  readonly queryable: readonly number[]
}

/**
 * Probes until the signal is aborted. One that takes longer than the pace counts for those that should have been sent
 * meanwhile, each with what it would have waited. Throws when an answer lacks a probe.
 */
export async function probe(
  { ingest, query, ends }: { ingest: HttpClient; query: HttpClient; ends: () => Promise<Ends> },
  signal: AbortSignal,
): Promise<Probed> {
  const probed = { acknowledged: [] as number[], queryable: [] as number[] }
  for (let sent = 1; !signal.aborted; sent++) {
    const properties = { time: workloadStart + sent, distinct_id: `probe ${sent}`, $insert_id: `probe-${sent}` }
    const begin = performance.now()
    await ingest.post('/import', basic(probeProject), JSON.stringify([{ event: 'probe', properties }]))
    const acknowledged = performance.now()
    const range = { from: workloadStart, to: workloadStart + 86_400_000 }
    const seen = await countOf(query, probeProject, { ...range, minimum: await ends() })
    const end = performance.now()
    if (seen !== sent) throw new Error(`a query sees ${seen} of ${sent} probes that were acknowledged`)
    probed.acknowledged.push(acknowledged - begin)
    for (let ms = end - acknowledged; ms > 0; ms -= probeEveryMs) probed.queryable.push(ms)
    const pause = probeEveryMs - (end - begin)
    if (pause > 0) await sleep(pause)
  }
  return probed
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
