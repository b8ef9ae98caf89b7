/**
 * CORS for endpoints that browsers call from any site: the origin is echoed and credentials are allowed.
 *
 * SDKs send requests with credentials, and a browser then accepts no `*`. The origin decides nothing
 * here: these endpoints take a token in the body and no cookie. Endpoints with Basic credentials must
 * not use this, since a browser would add remembered ones to the request of any site.
 */
import type { HttpReply } from './reply.ts'
import type { HttpRequest } from './request.ts'

const preflightSeconds = 86_400

/** Headers to add to any reply, also to errors: without them the page is not told even the status. */
export function corsHeaders(request: HttpRequest): Readonly<Record<string, string>> {
  const origin = request.header('origin')
  if (origin === undefined) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
  }
}

/** The answer to `OPTIONS`. */
export function preflightReply(request: HttpRequest, methods: readonly string[]): HttpReply {
  const headers = {
    ...corsHeaders(request),
    'access-control-allow-methods': [...methods, 'OPTIONS'].join(', '),
    'access-control-allow-headers': request.header('access-control-request-headers') ?? 'Content-Type',
    'access-control-max-age': String(preflightSeconds),
  }
  return { status: 204, headers, body: '' }
}
