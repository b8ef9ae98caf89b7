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
import type { RemoteLog } from '../dataplane/rpc/remote-log.ts'
import { workloadStart } from '../workload/shape.ts'
import type { BodyFile } from './body-file.ts'
import { tokenOf } from './ingest-processes.ts'

const probeEveryMs = 50
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

/** Resolves when every body is acknowledged. Throws when one is refused or an event of it is. */
export async function sendAll(
  ingest: HttpClient,
  bodies: BodyFile,
  { project, connections }: { project: string; connections: number },
): Promise<void> {
  let next = 0
  let stored = 0
  const authorization = basic(project)
  const connection = async () => {
    while (next < bodies.count) {
      const reply = await ingest.post('/import?strict=1', authorization, bodies.body(next++))
      stored += (reply as { num_records_imported: number }).num_records_imported
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  if (stored !== bodies.rows) throw new Error(`${bodies.rows} events were sent, ${stored} acknowledged`)
}

/** The end of the log now, as the minimum of a query. */
export async function endOf(log: RemoteLog): Promise<{ generation: number; next: Record<string, number> }> {
  const ends = Array.from({ length: log.partitions }, async (_, partition) => [partition, await log.end(partition)])
  return { generation: log.generation, next: Object.fromEntries(await Promise.all(ends)) }
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
  { ingest, query, log }: { ingest: HttpClient; query: HttpClient; log: RemoteLog },
  signal: AbortSignal,
): Promise<Probed> {
  const probed = { acknowledged: [] as number[], queryable: [] as number[] }
  for (let sent = 1; !signal.aborted; sent++) {
    const properties = { time: workloadStart + sent, distinct_id: `probe ${sent}`, $insert_id: `probe-${sent}` }
    const begin = performance.now()
    await ingest.post('/import', basic(probeProject), JSON.stringify([{ event: 'probe', properties }]))
    const acknowledged = performance.now()
    const range = { from: workloadStart, to: workloadStart + 86_400_000 }
    const seen = await countOf(query, probeProject, { ...range, minimum: await endOf(log) })
    const end = performance.now()
    if (seen !== sent) throw new Error(`a query sees ${seen} of ${sent} probes that were acknowledged`)
    probed.acknowledged.push(acknowledged - begin)
    for (let ms = end - acknowledged; ms > 0; ms -= probeEveryMs) probed.queryable.push(ms)
    const pause = probeEveryMs - (end - begin)
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
  }
  return probed
}
