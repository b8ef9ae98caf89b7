/**
 * The body of a request, read and decompressed within its limits.
 *
 * The limit is on what comes out as well as on what comes in. Bytes are reserved as they arrive, so
 * that all bodies together have a bound that the caller sets.
 */
import { UserError } from '../../common/errors/errors.ts'
import { decompress, type Encoding, encodings } from './decompress.ts'
import type { BodyOptions, HttpRequest } from './request.ts'

/** Throws `UserError` `REQUEST_TOO_LARGE` (413), `REQUEST_INVALID` (400, 415), `ClientLeft`, and what `reserve` throws. */
export async function readBody(request: HttpRequest, options: BodyOptions): Promise<Buffer> {
  const encoding = encodingOf(request)
  const sent = await request.body(options)
  if (encoding === undefined) return sent
  const body = decompress(sent, encoding, options.bytesMax)
  options.reserve(body.length)
  return body
}

function encodingOf(request: HttpRequest): Encoding | undefined {
  const named = request.header('content-encoding')?.trim().toLowerCase()
  if (named === undefined || named === '' || named === 'identity') return undefined
  const known = named === 'x-gzip' ? 'gzip' : encodings.find((encoding) => encoding === named)
  if (known !== undefined) return known
  throw new UserError(
    'REQUEST_INVALID',
    `Content-Encoding: got ${named}, want one of ${encodings.join(', ')}, or none`,
    {
      status: 415,
    },
  )
}

/** The type without its parameters, in lower case; empty where none was sent. */
export function mediaTypeOf(request: HttpRequest): string {
  const header = request.header('content-type') ?? ''
  const end = header.indexOf(';')
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase()
}
