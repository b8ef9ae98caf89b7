/**
 * `/import`: batches from servers, with Basic credentials, as JSON or NDJSON.
 *
 * Good events of a request are stored whatever the others are. A form instead of JSON is the dialect
 * of SDKs and answered as they expect it (`sdk.ts`).
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { ProjectAccess } from '../../access/table.ts'
import { mediaTypeOf } from '../../http/body.ts'
import { parseForm } from '../../http/form.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { Route } from '../../http/routes.ts'
import { validate } from '../../ingest/validate.ts'
import type { Event } from '../../schema/event.ts'
import { bodyKind, utf8Text } from './body-kind.ts'
import { projectOf } from './credentials.ts'
import { eventsOfJson, eventsOfLines, UnreadableLine } from './events-of-body.ts'
import type { HeldShare } from './held-bytes.ts'
import { type FailedRecord, failedRecord, importReply } from './import-reply.ts'
import { importForm } from './sdk.ts'
import { isIgnored, SentTokens, sentProperties } from './sent-event.ts'
import { type IngestService, receive, store, withShare } from './service.ts'

export function importRoute(service: IngestService): Route {
  return {
    path: '/import',
    methods: ['GET', 'POST'],
    cors: false,
    handle: (request) => withShare(service, (share) => handle(service, request, share)),
  }
}

async function handle(service: IngestService, request: HttpRequest, share: HeldShare): Promise<HttpReply> {
  const query = parseForm(request.query)
  const project = projectOf(service.access, request.header('authorization'), query.get('project_id'))
  // Asked before the body is read: a project over its quota costs no more than its headers.
  service.rates.check(project)
  if (request.method === 'GET') return importForm(service, request, { project, form: request.query, query })
  const batch = await received(service, request, { share, project, query })
  if (batch.form !== undefined) return importForm(service, request, { project, form: batch.form, query })
  await store(service, batch)
  return importReply({ strict: batch.strict, imported: batch.events.length, failed: batch.failed })
}

interface Batch {
  readonly form?: undefined
  readonly strict: boolean
  readonly events: readonly Event[]
  readonly failed: readonly FailedRecord[]
  readonly bytes: number
  readonly projects: readonly ProjectAccess[]
}

interface Receiving {
  readonly share: HeldShare
  readonly project: ProjectAccess
  readonly query: ReadonlyMap<string, string>
}

/** A function of its own, so that the body, its text and what was parsed are garbage while the events wait for the log. */
async function received(
  service: IngestService,
  request: HttpRequest,
  { share, project, query }: Receiving,
): Promise<Batch | { readonly form: string }> {
  const body = await receive(service, request, share)
  const text = utf8Text(body)
  const kind = bodyKind(mediaTypeOf(request), text)
  if (kind === 'form') return { form: text }
  const strict = strictOf(query.get('strict'))
  const raws = kind === 'json' ? eventsOfJson(text) : eventsOfLines(text)
  service.rates.take(new Map([[project, raws.length]]))
  const { events, failed } = validated(service, project, raws)
  service.metrics.events.inc({ result: 'refused' }, failed.length)
  service.metrics.events.inc({ result: 'ignored' }, raws.length - events.length - failed.length)
  return { strict, events, failed, bytes: body.length, projects: [project] }
}

/** The reference's schema has 1 as the default. */
function strictOf(given: string | undefined): boolean {
  if (given === undefined || given === '1') return true
  if (given === '0') return false
  throw new UserError('REQUEST_INVALID', 'strict: want 0 or 1', { field: 'strict' })
}

function validated(service: IngestService, project: ProjectAccess, raws: readonly unknown[]) {
  const context = { project: project.id, now: service.clock.now() }
  const tokens = new SentTokens(service.access)
  const events: Event[] = []
  const failed: FailedRecord[] = []
  for (let index = 0; index < raws.length; index++) {
    const raw = raws[index]
    if (raw instanceof UnreadableLine) {
      failed.push(failedRecord(index, raw, { field: '$', code: 'json', message: `$: not JSON: ${raw.message}` }))
      continue
    }
    const properties = sentProperties(raw)
    if (isIgnored(properties)) continue
    const { event, error } = validate(raw, context)
    if (error !== undefined) failed.push(failedRecord(index, raw, error))
    else if (isOfAnother(project, properties?.token, tokens)) failed.push(failedRecord(index, raw, ofAnother))
    else events.push(event)
  }
  return { events, failed }
}

/** A token that is not known decides nothing here: the credentials do. */
function isOfAnother(project: ProjectAccess, token: unknown, tokens: SentTokens): boolean {
  if (typeof token !== 'string') return false
  const named = tokens.project(token)
  return named !== undefined && named.id !== project.id
}

const ofAnother = {
  field: 'properties.token',
  code: 'token',
  message: 'properties.token: got the token of another project than the credentials are for',
} as const
