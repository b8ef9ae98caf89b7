/**
 * The dialect of SDKs: `/track`, and `/import` with a form. Events come as JSON, or base64 of JSON, in
 * the parameter `data` or as the body; the answer is `1` when at least one was taken.
 *
 * What SDKs leave out is filled in before validation: an insert id (DED-1 then holds for our own retries
 * only), on `/track` the time, and a user: a hash of the address where `ip=1` asks for it, else nobody.
 */
import { isUtf8 } from 'node:buffer'
import { UserError } from '../../../common/errors/errors.ts'
import type { ProjectAccess } from '../../access/table.ts'
import { mediaTypeOf } from '../../http/body.ts'
import { parseForm } from '../../http/form.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { Route } from '../../http/routes.ts'
import { bodyKind, utf8Text } from './body-kind.ts'
import { clientAddress } from './client-address.ts'
import { eventsOfJson, eventsOfLines } from './events-of-body.ts'
import type { HeldShare } from './held-bytes.ts'
import { type SdkBatch, takeEvents } from './sdk-events.ts'
import { checkCallback, type Parameters, sdkFailed, sdkReply } from './sdk-reply.ts'
import { type IngestService, receive, store, withShare } from './service.ts'

export function trackRoute(service: IngestService): Route {
  return {
    path: '/track',
    methods: ['GET', 'POST'],
    cors: true,
    handle: (request) => withShare(service, (share) => track(service, request, share)),
    failed: sdkFailed,
  }
}

async function track(service: IngestService, request: HttpRequest, share: HeldShare): Promise<HttpReply> {
  const query = parseForm(request.query)
  checkCallback(query)
  if (request.method === 'GET') return fromForm(service, request, { form: request.query, query })
  const body = await receive(service, request, share)
  const text = utf8Text(body)
  const kind = bodyKind(mediaTypeOf(request), () => text)
  if (kind === 'form') return fromForm(service, request, { form: text, query })
  const raws = () => (kind === 'json' ? eventsOfJson(text) : eventsOfLines(text))
  return answer(service, request, { parameters: query, bytes: body.length, raws })
}

export interface SdkForm {
  /** The form, still escaped: the body, or the query itself. */
  readonly form: string
  readonly query: Parameters
  /** The project that the credentials opened; on `/track` each event brings a token. */
  readonly project?: ProjectAccess
}

/** `/import` with a form. Throws as the routes do. */
export async function importForm(service: IngestService, request: HttpRequest, form: SdkForm): Promise<HttpReply> {
  return fromForm(service, request, form)
}

function fromForm(service: IngestService, request: HttpRequest, { form, query, project }: SdkForm): Promise<HttpReply> {
  // Some SDKs put their parameters into the query, some into the body.
  const parameters = form === request.query ? query : new Map([...parseForm(form), ...query])
  checkCallback(parameters)
  const raws = () => eventsOfJson(documentOf(parameters.get('data')))
  return answer(service, request, { parameters, bytes: form.length, raws, project })
}

interface Answerable {
  readonly parameters: Parameters
  readonly bytes: number
  readonly project?: ProjectAccess | undefined
  /** Throws `UserError`. */
  raws(): readonly unknown[]
}

async function answer(service: IngestService, request: HttpRequest, sent: Answerable): Promise<HttpReply> {
  const { parameters, bytes, project } = sent
  const address = parameters.get('ip') === '1' ? clientAddress(request, service.trustedProxies) : undefined
  let batch: SdkBatch
  try {
    batch = takeEvents(service, { raws: sent.raws(), project, address })
  } catch (error) {
    // Nothing in it is an event: the reference answers 0, not an error of HTTP.
    if (!(error instanceof UserError) || error.status !== 400) throw error
    return sdkReply(parameters, { status: 200, error: error.what, taken: false })
  }
  const { events, ignored, refused, unknownTokens } = batch
  await store(service, { events, bytes, projects: batch.projects })
  const taken = events.length + ignored > 0
  const status = !taken && unknownTokens > 0 ? 401 : 200
  return sdkReply(parameters, { status, error: problemOf(refused, batch.count), taken })
}

/** The first reason, and how many there are. */
function problemOf(refused: readonly string[], count: number): string | null {
  if (count === 0) return 'data, missing or empty'
  if (refused.length === 0) return null
  return `${refused.length} of ${count} events refused: ${refused[0]}`
}

const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/

/** The JSON in `data`. Throws `UserError` `REQUEST_INVALID`. */
function documentOf(data: string | undefined): string {
  const text = data?.trim() ?? ''
  if (text === '') throw new UserError('REQUEST_INVALID', 'data, missing or empty')
  if (text.startsWith('[') || text.startsWith('{')) return text
  // Senders leave the + of base64 unescaped, and a form makes a space of it.
  const encoded = text.replaceAll(' ', '+')
  const bytes = base64.test(encoded) ? Buffer.from(encoded, 'base64') : undefined
  if (bytes === undefined || !isUtf8(bytes)) {
    throw new UserError('REQUEST_INVALID', 'data: got text that is neither JSON nor base64 of JSON')
  }
  return bytes.toString()
}
