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
import { type AcceptedEvents, countOf } from '../../ingest/ingest.ts'
import { scanEvents } from '../../ingest/scan/scan.ts'
import { validate } from '../../ingest/validate.ts'
import type { Event } from '../../schema/event.ts'
import { bodyKind, requireUtf8 } from './body-kind.ts'
import { projectOf } from './credentials.ts'
import { eventsOfJson, eventsOfLines, UnreadableLine } from './events-of-body.ts'
import type { HeldShare } from './held-bytes.ts'
import { type FailedRecord, failedRecord, importReply, type Reason } from './import-reply.ts'
import { ingestHttpLimits } from './limits.ts'
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
  return importReply({ strict: batch.strict, imported: countOf(batch.events), failed: batch.failed })
}

interface Batch {
  readonly form?: undefined
  readonly strict: boolean
  readonly events: AcceptedEvents
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
  requireUtf8(body)
  const kind = bodyKind(mediaTypeOf(request), () => body.toString())
  if (kind === 'form') return { form: body.toString() }
  const strict = strictOf(query.get('strict'))
  const { events, failed, count } = admitted(service, project, { body, kind })
  service.metrics.events.inc({ result: 'refused' }, failed.length)
  service.metrics.events.inc({ result: 'ignored' }, count - countOf(events) - failed.length)
  return { strict, events, failed, bytes: body.length, projects: [project] }
}

interface Admitted {
  readonly events: AcceptedEvents
  readonly failed: readonly FailedRecord[]
  /** Events in the body. */
  readonly count: number
}

/** In one pass over the bytes where the body is plain, else parsed whole: the same events either way. */
function admitted(
  service: IngestService,
  project: ProjectAccess,
  { body, kind }: { readonly body: Buffer; readonly kind: 'json' | 'lines' },
): Admitted {
  const admission = new Admission(service, project)
  const { eventsMax, containersMax } = ingestHttpLimits
  const scanned = scanEvents(body, {
    ...{ project: project.id, now: admission.now, lines: kind === 'lines', eventsMax, containersMax },
    acceptsToken: (token) => !admission.isOfAnother(token),
    parsed: (raw, index) => admission.admit(raw, index),
  })
  if (scanned !== undefined) {
    service.rates.take(new Map([[project, scanned.events]]))
    return { events: scanned.tape, failed: admission.failed, count: scanned.events }
  }
  const raws = kind === 'json' ? eventsOfJson(body.toString()) : eventsOfLines(body.toString())
  service.rates.take(new Map([[project, raws.length]]))
  const again = new Admission(service, project)
  const events = raws.map((raw, index) => again.admit(raw, index)).filter((event) => event !== undefined)
  return { events, failed: again.failed, count: raws.length }
}

/** The reference's schema has 1 as the default. */
function strictOf(given: string | undefined): boolean {
  if (given === undefined || given === '1') return true
  if (given === '0') return false
  throw new UserError('REQUEST_INVALID', 'strict: want 0 or 1', { field: 'strict' })
}

/** Which events of one request are taken. */
class Admission {
  readonly now: number
  readonly failed: FailedRecord[] = []
  readonly #project: ProjectAccess
  readonly #tokens: SentTokens

  constructor({ clock, access }: IngestService, project: ProjectAccess) {
    this.now = clock.now()
    this.#project = project
    this.#tokens = new SentTokens(access)
  }

  /** The event, or `undefined` for one that is to be ignored or is listed as failed. */
  admit(raw: unknown, index: number): Event | undefined {
    if (raw instanceof UnreadableLine) {
      return this.#fail(index, raw, { field: '$', code: 'json', message: `$: not JSON: ${raw.message}` })
    }
    const properties = sentProperties(raw)
    if (isIgnored(properties)) return undefined
    const { event, error } = validate(raw, { project: this.#project.id, now: this.now })
    if (error !== undefined) return this.#fail(index, raw, error)
    const token = properties?.token
    return typeof token === 'string' && this.isOfAnother(token) ? this.#fail(index, raw, ofAnother) : event
  }

  /** A token that is not known decides nothing here: the credentials do. */
  isOfAnother(token: string): boolean {
    const named = this.#tokens.project(token)
    return named !== undefined && named.id !== this.#project.id
  }

  #fail(index: number, raw: unknown, reason: Reason): undefined {
    this.failed.push(failedRecord(index, raw, reason))
  }
}

const ofAnother = {
  field: 'properties.token',
  code: 'token',
  message: 'properties.token: got the token of another project than the credentials are for',
} as const
