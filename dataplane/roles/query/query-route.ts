/**
 * `POST /v1/query`: a query document in, its answer out; an export as a stream of NDJSON.
 *
 * Beside the fields of a document two more are taken: `minimum`, the `at` of an earlier answer or of an
 * import, which the answer must cover ("read your writes"), and `deadlineMs`.
 */
import { z } from 'zod'
import type { ProjectAccess } from '../../access/table.ts'
import { readBody } from '../../http/body.ts'
import { type HttpReply, jsonReply } from '../../http/reply.ts'
import type { HttpRequest } from '../../http/request.ts'
import type { Route } from '../../http/routes.ts'
import { invalid } from '../../query/request/invalid.ts'
import { parseRequest } from '../../query/request/parse.ts'
import type { AggregateRequest } from '../../query/shard-query.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { answerQuery, withDeadline } from './answer.ts'
import { projectOf } from './credentials.ts'
import { exportReply, limitsOf, type QueryService } from './service.ts'

/** What a document may carry over HTTP. */
export const httpFields = z.object({
  project: z.string().min(1).optional(),
  minimum: z
    .strictObject({
      generation: z.int().min(1),
      next: z.record(z.string().regex(/^\d{1,4}$/), z.int().min(0)),
    })
    .optional()
    .describe('the `at` that the answer must cover at least'),
  deadlineMs: z.int().min(1).max(600_000).optional().describe('ms until the query is given up'),
})

export function queryRoute(service: QueryService): Route {
  return { path: '/v1/query', methods: ['POST'], cors: false, handle: (request) => handle(service, request) }
}

async function handle(service: QueryService, request: HttpRequest): Promise<HttpReply> {
  // Who does not even have credentials is not read.
  if (request.header('authorization') === undefined) projectOf(service.access, request, undefined)
  const body = await readBody(request, { bytesMax: service.limits.documentBytesMax, reserve: () => undefined })
  const { project: named, minimum, deadlineMs, ...document } = read(body)
  const project = projectOf(service.access, request, named)
  const asked = { timezone: project.timezone, ...document, project: project.id }
  const parsed = parseRequest(asked)
  const from = minimum && vectorOf(minimum)
  if (parsed.type === 'export') {
    const { limit } = parsed
    const contentType = 'application/x-ndjson'
    return exportReply(
      service,
      { project, request },
      { document: asked, form: 'native', limit, minimum: from, contentType },
    )
  }
  const wantedMs = Math.min(deadlineMs ?? Number.POSITIVE_INFINITY, service.limits.queryDeadlineMs)
  return answer(service, request, { project, document: asked, parsed, minimum: from, deadlineMs: wantedMs })
}

interface Asked {
  readonly project: ProjectAccess
  readonly document: unknown
  readonly parsed: AggregateRequest
  readonly minimum: OffsetVector | undefined
  readonly deadlineMs: number
}

async function answer(
  { fan, routing, admission }: QueryService,
  { signal }: HttpRequest,
  { project, document, parsed, minimum, deadlineMs }: Asked,
): Promise<HttpReply> {
  const admitted = admission.enter(project)
  fan.metrics.running.inc()
  try {
    const query = { document, request: parsed, minimum, limits: limitsOf(project) }
    const found = await withDeadline(fan.clock, { signal, deadlineMs }, (bounds) =>
      answerQuery(fan, routing, { ...query, bounds, scanned: (bytes) => admitted.charge(bytes) }),
    )
    return jsonReply(200, found)
  } finally {
    fan.metrics.running.dec()
    admitted.leave()
  }
}

function read(body: Buffer): z.infer<typeof httpFields> & Readonly<Record<string, unknown>> {
  let document: unknown
  try {
    document = JSON.parse(body.toString())
  } catch (error) {
    invalid('', undefined, `a JSON document (${(error as Error).message})`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) invalid('', document, 'an object')
  const parsed = httpFields.loose().safeParse(document)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue!.path.map(String)
  return invalid(path.join('.'), valueAt(document, path), issue!.message)
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)
}

function vectorOf({ generation, next }: { generation: number; next: Readonly<Record<string, number>> }): OffsetVector {
  return { generation, next: new Map(Object.entries(next).map(([partition, offset]) => [Number(partition), offset])) }
}
