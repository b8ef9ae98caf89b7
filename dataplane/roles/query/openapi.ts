/**
 * The HTTP interface of the query role as an OpenAPI document, made from the schemas that requests are checked
 * with. `npm run generate` writes it to `docs/reference/openapi.json`.
 */
import { z } from 'zod'
import { codes } from '../../../common/errors/codes.ts'
import { documents, filter, measure, reference, selector, value } from '../../query/request/documents.ts'
import { httpFields } from './query-route.ts'

const vector = z
  .strictObject({ generation: z.int().min(1), next: z.record(z.string(), z.int().min(0)) })
  .describe('how far into the log an answer reaches: the next offset by partition')

const number = z.number().nullable()
const row = { events: z.int(), values: z.array(number), total: number }

const results = {
  segmentation: z.strictObject({
    buckets: z.array(z.int()).describe('starts in ms'),
    groups: z.array(
      z.strictObject({
        key: z.array(z.strictObject({ value: value.optional() })).describe('{} is missing'),
        ...row,
      }),
    ),
    other: z.strictObject({ groups: z.int(), ...row }).nullable(),
    overall: z.strictObject(row),
  }),
  funnel: z.strictObject({ steps: z.array(z.strictObject({ users: z.int() })) }),
  retention: z.strictObject({
    cohorts: z.array(z.strictObject({ start: z.int(), users: z.int(), retained: z.array(z.int()) })),
    overall: z.strictObject({ users: z.int(), retained: z.array(z.int()) }),
  }),
} as const

const cost = z.strictObject({
  rowsScanned: z.int(),
  bytesRead: z.int(),
  rangeReads: z.int(),
  blocksRead: z.int(),
  blocksSkipped: z.int(),
  stripesRead: z.int(),
  stripesSkipped: z.int(),
  ms: z
    .strictObject({ plan: z.number(), read: z.number(), scan: z.number(), merge: z.number() })
    .describe('of all shards together'),
})

export const answer = z.strictObject({
  result: z.union([results.segmentation, results.funnel, results.retention]),
  at: vector,
  pending: z.int().describe('rows before `at` that are not decided yet and are left out'),
  cost,
})

export const failure = z.strictObject({
  error: z.strictObject({
    code: z.enum([...Object.keys(codes), 'INTERNAL']).describe('stable; see the errors page'),
    message: z.string(),
    field: z.string().optional().describe('path into the document'),
    retryable: z.boolean(),
  }),
})

export const exportLine = z.strictObject({
  event: z.string(),
  distinct_id: z.string(),
  time: z.int(),
  insert_id: z.string(),
  properties: z.record(z.string(), value),
  duplicate: z.literal(true).optional().describe('a later copy, with `copies: "all"`'),
})

const named = {
  Selector: selector,
  Filter: filter,
  Reference: reference,
  Measure: measure,
  Segmentation: overHttp(documents.segmentation),
  Funnel: overHttp(documents.funnel),
  Retention: overHttp(documents.retention),
  Export: overHttp(documents.export),
  SegmentationResult: results.segmentation,
  FunnelResult: results.funnel,
  RetentionResult: results.retention,
  Answer: answer,
  ExportLine: exportLine,
  Failure: failure,
  OffsetVector: vector,
}

/** A document as it may be posted: a token says the project, and two fields are not the query's. */
function overHttp(document: (typeof documents)[keyof typeof documents]) {
  return z.strictObject({ ...document.shape, ...httpFields.shape })
}

const ref = (name: keyof typeof named) => ({ $ref: `#/components/schemas/${name}` })
const json = (schema: object) => ({ 'application/json': { schema } })

/** The document as text. */
export function openApi(version: string): string {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    unrepresentable: 'any',
  })
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Anabranch queries',
      version,
      description: 'What queries mean is on the page on queries; errors have their own page.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ token: [] }, { account: [] }],
    paths: { '/v1/query': { post: query }, '/api/2.0/export': { get: rawExport } },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a query token of the project' },
        account: { type: 'http', scheme: 'basic', description: 'a service account, or a token without a password' },
      },
      schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutIdentity(schema)])),
    },
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

function withoutIdentity(schema: object): object {
  const { $schema: _schema, $id: _id, ...rest } = schema as { $schema?: string; $id?: string }
  return rest
}

const failures = {
  400: { description: 'the document is wrong; `field` says where', content: json(ref('Failure')) },
  401: { description: 'the credentials do not open the project', content: json(ref('Failure')) },
  408: { description: 'the deadline passed', content: json(ref('Failure')) },
  429: { description: 'the project asks too much; see Retry-After', content: json(ref('Failure')) },
  503: { description: 'a shard does not answer; see Retry-After', content: json(ref('Failure')) },
}

const query = {
  operationId: 'query',
  summary: 'Answers a query; streams an export.',
  requestBody: {
    required: true,
    content: json({
      oneOf: [ref('Segmentation'), ref('Funnel'), ref('Retention'), ref('Export')],
      discriminator: {
        propertyName: 'type',
        mapping: {
          segmentation: ref('Segmentation').$ref,
          funnel: ref('Funnel').$ref,
          retention: ref('Retention').$ref,
          export: ref('Export').$ref,
        },
      },
    }),
  },
  responses: {
    200: {
      description:
        'the answer; for an export one line an event, and a connection that breaks off when it cannot be finished',
      headers: {
        'Anabranch-At': { description: 'of an export: `at` as JSON', schema: { type: 'string' } },
        'Anabranch-Pending': { description: 'of an export: `pending`', schema: { type: 'integer' } },
      },
      content: { ...json(ref('Answer')), 'application/x-ndjson': { schema: ref('ExportLine') } },
    },
    ...failures,
  },
}

const parameter = (name: string, required: boolean, schema: object, description: string) => {
  return { name, in: 'query', required, schema, description }
}

const rawExport = {
  operationId: 'rawExport',
  summary: 'Every copy of every event, in the form of the reference system.',
  parameters: [
    parameter('from_date', true, { type: 'string', format: 'date' }, 'first day, UTC'),
    parameter('to_date', true, { type: 'string', format: 'date' }, 'last day, UTC'),
    parameter('event', false, { type: 'string' }, 'JSON array of event names'),
    parameter('limit', false, { type: 'integer', minimum: 1, maximum: 100_000 }, 'lines at most'),
    parameter('time_in_ms', false, { type: 'string', enum: ['1', 'true', '0', 'false'] }, 'times in ms, not seconds'),
    parameter('project_id', false, { type: 'string' }, 'required with a service account'),
  ],
  responses: { 200: { description: 'one JSON object a line', content: { 'text/plain': {} } }, ...failures },
}
