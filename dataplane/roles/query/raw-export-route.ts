/**
 * `GET /api/2.0/export`: the raw export of the reference system: every copy, one JSON object a line, gzip where
 * asked for. Its expressions (`where`) are not provided.
 */
import { UserError } from '../../../common/errors/errors.ts'
import { parseForm } from '../../http/form.ts'
import { acceptsGzip, gzipped } from '../../http/gzip.ts'
import type { HttpReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { Route } from '../../http/routes.ts'
import { parseRequest } from '../../query/request/parse.ts'
import { projectOf } from './credentials.ts'
import { exportReply, type QueryService } from './service.ts'

const linesMax = 100_000
const known = ['from_date', 'to_date', 'limit', 'event', 'time_in_ms', 'project_id', 'where']

export function rawExportRoute(service: QueryService): Route {
  return { path: '/api/2.0/export', methods: ['GET'], cors: false, handle: (request) => handle(service, request) }
}

async function handle(service: QueryService, request: HttpRequest): Promise<HttpReply> {
  const form = parseForm(request.query)
  const project = projectOf(service.access, request, form.get('project_id'))
  const document = documentOf(form, project.id)
  const limit = limitOf(form)
  parseRequest(document)
  service.exportRates.take(project.id)
  const reply = await exportReply(
    service,
    { project, request },
    {
      document,
      form: isOn(form, 'time_in_ms') ? 'rawMs' : 'raw',
      limit: limit ?? Number.POSITIVE_INFINITY,
      minimum: undefined,
      contentType: 'text/plain; charset=utf-8',
    },
  )
  return acceptsGzip(request) ? gzipped(reply) : reply
}

/** Dates are of UTC, both inclusive. */
function documentOf(form: ReadonlyMap<string, string>, project: string): Readonly<Record<string, unknown>> {
  for (const name of form.keys())
    if (!known.includes(name)) refuse(name, `no such parameter; known are ${known.join(', ')}`)
  if (form.has('where')) refuse('where', 'expressions are not provided; ask POST /v1/query with a filter')
  const from = dateOf(form, 'from_date')
  const to = dateOf(form, 'to_date') + 86_400_000
  if (from >= to) refuse('to_date', 'want a date that is not before from_date')
  const events = eventsOf(form)
  const limit = limitOf(form)
  return {
    type: 'export',
    project,
    from,
    to,
    timezone: 'UTC',
    select: events === undefined ? {} : { events },
    copies: 'all',
    ...(limit !== undefined && { limit }),
  }
}

function dateOf(form: ReadonlyMap<string, string>, name: string): number {
  const text = form.get(name) ?? refuse(name, 'it is missing; want yyyy-mm-dd')
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // A day that the month does not have is moved into the next one by some parsers.
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(text)) refuse(name, 'want a date, yyyy-mm-dd')
  return time
}

function eventsOf(form: ReadonlyMap<string, string>): string[] | undefined {
  const text = form.get('event')
  if (text === undefined) return undefined
  try {
    const names: unknown = JSON.parse(text)
    if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string')) return names
  } catch {
    // Said below.
  }
  return refuse('event', 'want a JSON array of event names')
}

function limitOf(form: ReadonlyMap<string, string>): number | undefined {
  const text = form.get('limit')
  if (text === undefined) return undefined
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= linesMax ? limit : refuse('limit', `want a whole number from 1 to ${linesMax}`)
}

function isOn(form: ReadonlyMap<string, string>, name: string): boolean {
  return ['1', 'true'].includes(form.get(name) ?? '')
}

function refuse(field: string, message: string): never {
  throw new UserError('REQUEST_INVALID', `${field}: ${message}`, { field })
}
