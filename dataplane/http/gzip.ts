/**
 * A stream of a reply, compressed when the client asks for it and it is worth it.
 *
 * Whether it is worth it shows after the first bytes, so those are waited for before the reply begins.
 */
import { constants, createGzip } from 'node:zlib'
import type { HttpReply } from './reply.ts'
import type { HttpRequest } from './request.ts'

/** Smaller bodies are sent as they are. */
const worthBytes = 1_400

/** Takes an `Accept-Encoding` at its word, without weights: `gzip;q=0` is the only no. */
export function acceptsGzip(request: HttpRequest): boolean {
  const accepted = (request.header('accept-encoding') ?? '').split(',').map((part) => part.trim().toLowerCase())
  return accepted.some((part) => /^(?:x-)?gzip(?:$|;)/.test(part) && !/;\s*q=0(?:\.0*)?$/.test(part))
}

/** The reply with its body compressed, if that is more than 1,400 bytes. Throws what the first pieces throw. */
export async function gzipped(reply: HttpReply & { readonly body: AsyncGenerator<Uint8Array> }): Promise<HttpReply> {
  const first: Uint8Array[] = []
  let bytes = 0
  let isAll = false
  while (bytes <= worthBytes && !isAll) {
    const { done, value } = await reply.body.next()
    isAll = done === true
    if (value !== undefined) {
      first.push(value)
      bytes += value.length
    }
  }
  const headers = { ...reply.headers, vary: 'Accept-Encoding' }
  if (isAll) return { ...reply, headers, body: Buffer.concat(first) }
  return { ...reply, headers: { ...headers, 'content-encoding': 'gzip' }, body: compress(first, reply.body) }
}

async function* compress(first: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED })
  const feed = async () => {
    for (const piece of first) gzip.write(piece)
    for await (const piece of rest) {
      if (!gzip.write(piece)) await new Promise<void>((resolve) => gzip.once('drain', resolve))
    }
    gzip.end()
  }
  const fed = feed().catch((error: Error) => gzip.destroy(error))
  try {
    for await (const piece of gzip) yield piece as Uint8Array
    await fed
  } finally {
    gzip.destroy()
    await rest.return(undefined)
  }
}
