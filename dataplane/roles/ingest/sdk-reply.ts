/**
 * Replies to SDKs: `1` or `0`, or JSON, a pixel or a call, as the request asks for.
 *
 * | asked for | body |
 * |---|---|
 * | nothing | `1`, `0`; where the request as a whole is refused `{ "error", "status": "error" }` |
 * | `verbose=1` | `{ "status": 1 or 0, "error": text or null }` |
 * | `img=1` | a transparent pixel, whatever happened; the status says it |
 * | `callback=f` | `f(…);` with one of the first two |
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { HttpFailure } from '../../http/failure.ts'
import { parseForm } from '../../http/form.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'

export type Parameters = ReadonlyMap<string, string>

export interface SdkOutcome {
  /** HTTP status. */
  readonly status: number
  /** What is wrong, or what was left out of a request of which something was taken. */
  readonly error: string | null
  /** Something was taken. */
  readonly taken: boolean
}

const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** What a page may call: a name, possibly with members; or the empty function that the browser SDK sends. */
const callable = /^[A-Za-z_$][\w$.[\]"']{0,127}$/
const emptyFunction = '(function(){})'

/** Throws `UserError` `REQUEST_INVALID` for a callback that is more than a name: asked before anything is stored. */
export function checkCallback(parameters: Parameters): void {
  const callback = parameters.get('callback')
  if (callback === undefined || callback === emptyFunction || callable.test(callback)) return
  throw new UserError('REQUEST_INVALID', 'callback: want the name of a function', { field: 'callback' })
}

/** `parameters` have passed `checkCallback`. */
export function sdkReply(parameters: Parameters, outcome: SdkOutcome): HttpReply {
  const { status, error, taken } = outcome
  if (parameters.get('img') === '1') {
    return { status, headers: { 'content-type': 'image/gif', 'cache-control': 'no-store' }, body: pixel }
  }
  const isText = status === 200 && parameters.get('verbose') !== '1'
  const body = isText ? (taken ? '1' : '0') : bodyOf(parameters, outcome, error)
  const callback = parameters.get('callback')
  if (callback !== undefined) return reply(status, 'text/javascript', `${callback}(${escaped(body)});`)
  return reply(status, isText ? 'text/plain' : 'application/json', body)
}

/** How errors of a route of SDKs look: only the query is asked how, since the body may never have come. */
export function sdkFailed({ status, message, headers }: HttpFailure, request: HttpRequest): HttpReply {
  const failed = sdkReply(readable(request.query), { status, error: message, taken: false })
  return { ...failed, headers: { ...failed.headers, ...headers } }
}

function bodyOf(parameters: Parameters, { taken }: SdkOutcome, error: string | null): string {
  if (parameters.get('verbose') === '1') return JSON.stringify({ status: taken ? 1 : 0, error })
  return JSON.stringify({ error, status: 'error' })
}

function reply(status: number, type: string, body: string): HttpReply {
  // An older browser must not take what a sender wrote for a page.
  const headers = { 'content-type': `${type}; charset=utf-8`, 'x-content-type-options': 'nosniff' }
  return { status, headers, body }
}

/** JSON as an expression of JavaScript: two line separators are text in one and ends of lines in the other's older versions. */
function escaped(json: string): string {
  return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function readable(query: string): Parameters {
  try {
    const parameters = parseForm(query)
    checkCallback(parameters)
    return parameters
  } catch {
    return new Map()
  }
}
