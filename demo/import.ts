/**
 * A source's batches become events of the cluster, one request after the other, so that the order of a user's copies in
 * the log is the order of the source: the oracle is given that order (ADR 0003).
 *
 * The next batch is made while the last one is on its way. A request that is too large is halved; one that is answered
 * "later" is sent again as it was, which counts nothing twice (DED-1).
 *
 * Does not: judge events. What ingest refuses is kept by number and reason, the first few, and counted.
 */
import { type Http, postPatiently } from './http.ts'
import type { BadLine, Batch, Source } from './source/source.ts'

export interface Imported {
  readonly accepted: number
  readonly refused: number
  /** The first refused ones. */
  readonly firstRefused: readonly BadLine[]
}

export interface ImportOptions {
  readonly url: string
  readonly token: string
  readonly signal: AbortSignal
  /** Told after each batch. */
  readonly progress: (sent: { readonly events: number; readonly done: number }) => void
  /** Given the lines that the cluster took, in order. */
  readonly taken: (lines: readonly string[]) => void
}

export const refusedShown = 5

interface ImportReply {
  readonly num_records_imported?: number
  readonly failed_records?: readonly { readonly index: number; readonly message: string }[]
  readonly error?: string
}

export async function importSource(http: Http, source: Source, options: ImportOptions): Promise<Imported> {
  const refused: BadLine[] = []
  let refusedCount = 0
  let accepted = 0
  const refuse = (bad: BadLine) => {
    refusedCount++
    if (refused.length < refusedShown) refused.push(bad)
  }
  const batches = source.batches(options.signal)[Symbol.asyncIterator]()
  let coming = batches.next()
  try {
    for (let step = await coming; step.done !== true; step = await coming) {
      coming = batches.next()
      // A failure of the source is thrown when its batch is awaited, not before.
      coming.catch(() => {})
      const batch = step.value
      batch.unsendable.forEach(refuse)
      const bad = await send(http, batch, options)
      const taken = batch.lines.filter((_, index) => !bad.has(index))
      for (const [index, why] of bad) refuse({ number: batch.numbers[index]!, why })
      accepted += taken.length
      options.taken(taken)
      options.progress({ events: accepted, done: batch.done })
    }
  } finally {
    await batches.return?.()
  }
  return { accepted, refused: refusedCount, firstRefused: refused.sort((a, b) => a.number - b.number) }
}

/** Index in the batch to the reason of each event that was refused. */
async function send(http: Http, batch: Pick<Batch, 'lines'>, options: ImportOptions): Promise<Map<number, string>> {
  const { lines } = batch
  if (lines.length === 0) return new Map()
  const url = `${options.url}/import?strict=1`
  const headers = { authorization: `Basic ${btoa(`${options.token}:`)}`, 'content-type': 'application/x-ndjson' }
  const { status, text } = await postPatiently(http, { url, headers, body: lines.join('\n') })
  const reply = replyOf(text)
  if (status === 200) return new Map()
  if (status === 400 && reply.failed_records !== undefined) {
    return new Map(reply.failed_records.map(({ index, message }) => [index, message]))
  }
  if (status !== 413) throw new Error(`POST ${url}: got ${status} ${text}, want 200`)
  if (lines.length === 1) return new Map([[0, reply.error ?? 'too large']])
  const half = lines.length >> 1
  const first = await send(http, { lines: lines.slice(0, half) }, options)
  const second = await send(http, { lines: lines.slice(half) }, options)
  return new Map([...first, ...[...second].map(([index, why]): [number, string] => [half + index, why])])
}

function replyOf(text: string): ImportReply {
  try {
    return JSON.parse(text) as ImportReply
  } catch {
    return {}
  }
}
