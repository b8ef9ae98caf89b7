/**
 * Which handler answers which path and method, and how errors look there.
 *
 * Every request gets a reply: what a handler throws becomes one, in the dialect of its route.
 */
import { UserError } from '../../common/errors/errors.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { corsHeaders, preflightReply } from './cors.ts'
import { failureReply, type HttpFailure, httpFailure, isInternal } from './failure.ts'
import type { HttpReply } from './reply.ts'
import type { HttpRequest } from './request.ts'

export interface Route {
  readonly path: string
  readonly methods: readonly string[]
  /** Browsers of any site may call it; see `cors.ts` for when that is safe. */
  readonly cors: boolean
  handle(request: HttpRequest): Promise<HttpReply>
  /** How an error looks here; `{ code, error, status }` where absent. */
  readonly failed?: (failure: HttpFailure, request: HttpRequest) => HttpReply
}

export interface RoutedOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Told of each reply; `path` is that of the route, or `other`. */
  readonly served?: (reply: { readonly path: string; readonly status: number; readonly ms: number }) => void
}

/** The handler of a server. Never rejects. */
export function routed(
  routes: readonly Route[],
  { clock, logger, served }: RoutedOptions,
): (request: HttpRequest) => Promise<HttpReply> {
  const byPath = new Map(routes.map((route) => [route.path, route]))
  return async (request) => {
    const started = clock.monotonic()
    const route = byPath.get(request.path)
    const reply = await answer(request, route, logger)
    served?.({ path: route?.path ?? 'other', status: reply.status, ms: clock.monotonic() - started })
    return route?.cors === true ? { ...reply, headers: { ...reply.headers, ...corsHeaders(request) } } : reply
  }
}

async function answer(request: HttpRequest, route: Route | undefined, logger: Logger): Promise<HttpReply> {
  if (route === undefined) {
    return failureReply(httpFailure(new UserError('NOT_FOUND', 'nothing is served at this path', { status: 404 })))
  }
  if (request.method === 'OPTIONS' && route.cors) return preflightReply(request, route.methods)
  if (!route.methods.includes(request.method)) {
    const allowed = route.methods.join(', ')
    const error = new UserError('NOT_FOUND', `got ${request.method}, want one of ${allowed}`, { status: 405 })
    const failure = httpFailure(error)
    return failureReply({ ...failure, headers: { allow: allowed } })
  }
  try {
    return await route.handle(request)
  } catch (error) {
    if (isInternal(error)) logger.error('a request failed', { path: route.path, error })
    const failure = httpFailure(error)
    return route.failed?.(failure, request) ?? failureReply(failure)
  }
}
