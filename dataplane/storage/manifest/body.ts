/**
 * A manifest and a reference page as bytes: strict JSON in an envelope.
 *
 * Every field is named here and nothing else is accepted. `reserved` keeps the places of what later
 * builds will write (state of control records, redactions, retention floors, pins): all null now, and a
 * reader that finds anything there refuses, since ignoring an erasure would show erased events.
 *
 * Does not: do any I/O.
 */
import { z } from 'zod'
import { bug, corrupt } from '../../../common/errors/errors.ts'
import { spreadMax } from '../../schema/placement.ts'
import type { Digest } from '../segment/digest.ts'
import { seal, unseal } from './envelope.ts'
import type { Manifest, PageReference, SegmentReference } from './manifest.ts'

const count = z.int().nonnegative()
const hex128 = z.string().regex(/^[0-9a-f]{32}$/)
const text = z.string().min(1).max(1024)

const range = z
  .strictObject({ start: count.max(0xffffffff), end: count.max(0x100000000) })
  .refine(({ start, end }) => start < end, 'an empty range')

const days = z.strictObject({ first: z.int(), last: z.int() }).refine(({ first, last }) => first <= last, 'no day')

const digest = z
  .strictObject({ rows: count, masked: count, sum: hex128 })
  .refine(({ rows, masked }) => masked <= rows, 'more masked rows than rows')

const clip = z.array(z.strictObject({ project: z.string(), spread: count.max(spreadMax), ranges: z.array(range) }))

const reference = z
  .strictObject({
    id: text,
    key: text,
    clip: clip.nullable(),
    cuts: z.strictObject({ first: count, last: count }).refine(({ first, last }) => first <= last, 'no cut'),
    rows: count,
    bytes: count,
    days,
    digest,
  })
  .refine(({ rows, digest }) => rows === digest.rows, 'rows that differ from the rows of the digest')

const page = z.strictObject({ day: z.int(), key: text, digest: hex128, references: count, days })

const operation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create') }),
  z.strictObject({ kind: z.literal('cut'), input: digest, output: digest, segment: text.nullable() }),
  z.strictObject({
    kind: z.literal('rebuild'),
    base: count.min(1),
    input: digest,
    output: digest,
    segment: text.nullable(),
  }),
])

const manifestBody = z
  .strictObject({
    shard: text,
    version: count.min(1),
    previous: count,
    nonce: hex128,
    routingEpoch: count,
    ring: range,
    placementVersion: count,
    offsets: z.strictObject({ generation: count.min(1), next: z.array(z.tuple([count, count])) }),
    nextCut: count,
    references: z.array(reference),
    pages: z.array(page),
    operation,
    reserved: z.strictObject({ control: z.null(), redactions: z.null(), floors: z.null(), pins: z.null() }),
  })
  .refine(({ version, previous }) => previous < version, 'a previous version that is not before it')
  .refine(({ offsets }) => isAscending(offsets.next.map(([partition]) => partition)), 'partitions out of order')
  .refine(({ pages }) => isAscending(pages.map(({ day }) => day)), 'pages out of order')
  .refine(
    ({ operation }) => operation.kind === 'create' || isEqual(operation.input, operation.output),
    'an operation whose output is not its input',
  )
  .refine(
    ({ operation, previous }) => operation.kind !== 'rebuild' || operation.base < previous,
    'a rebuild of nothing: its base is the version before it',
  )

const pageBody = z.strictObject({ shard: text, day: z.int(), references: z.array(reference) })

const noReservations = { control: null, redactions: null, floors: null, pins: null }

export function encodeManifest(manifest: Manifest): Uint8Array {
  const { operation, offsets } = manifest
  const body: z.infer<typeof manifestBody> = {
    shard: manifest.shard,
    version: manifest.version,
    previous: manifest.previous,
    nonce: manifest.nonce,
    routingEpoch: manifest.routingEpoch,
    ring: manifest.ring,
    placementVersion: manifest.placementVersion,
    offsets: { generation: offsets.generation, next: [...offsets.next].sort(([a], [b]) => a - b) },
    nextCut: manifest.nextCut,
    references: manifest.references.map(referenceToJson),
    pages: [...manifest.pages],
    operation:
      operation.kind === 'create'
        ? operation
        : { ...operation, input: digestToJson(operation.input), output: digestToJson(operation.output) },
    reserved: noReservations,
  }
  const valid = manifestBody.safeParse(body)
  if (!valid.success) bug(`manifest ${manifest.version} of ${manifest.shard}: ${describe(valid.error)}`, 'MAN-1')
  return seal('ABMF', body)
}

/** Throws `CorruptError`: `MANIFEST_CORRUPT` for damage, `FORMAT_UNKNOWN` for what a newer build wrote. */
export function decodeManifest(object: string, bytes: Uint8Array): Manifest {
  const body = parse(manifestBody, object, unseal('ABMF', object, bytes))
  const { operation, offsets } = body
  return {
    shard: body.shard,
    version: body.version,
    previous: body.previous,
    nonce: body.nonce,
    routingEpoch: body.routingEpoch,
    ring: body.ring,
    placementVersion: body.placementVersion,
    offsets: { generation: offsets.generation, next: new Map(offsets.next) },
    nextCut: body.nextCut,
    references: body.references.map(referenceFromJson),
    pages: body.pages,
    operation:
      operation.kind === 'create'
        ? operation
        : { ...operation, input: digestFromJson(operation.input), output: digestFromJson(operation.output) },
  }
}

export interface Page {
  readonly shard: string
  readonly day: number
  readonly references: readonly SegmentReference[]
}

export function encodePage(page: Page): Uint8Array {
  return seal('ABPG', { shard: page.shard, day: page.day, references: page.references.map(referenceToJson) })
}

/** Throws `CorruptError`, as for a manifest, and when it is not the page that `named` says. */
export function decodePage(named: PageReference, bytes: Uint8Array): Page {
  const body = parse(pageBody, named.key, unseal('ABPG', named.key, bytes))
  if (body.day !== named.day || body.references.length !== named.references) {
    const [got, want] = [`${body.references.length} of day ${body.day}`, `${named.references} of day ${named.day}`]
    corrupt({ code: 'MANIFEST_CORRUPT', object: named.key, what: 'references', got, want })
  }
  return { ...body, references: body.references.map(referenceFromJson) }
}

function parse<Output>(schema: z.ZodType<Output>, object: string, value: unknown): Output {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path.join('.')
  const unknown = issue.code === 'unrecognized_keys' || path === 'operation.kind' || path.startsWith('reserved')
  const what = unknown ? 'field' : `field ${path}`
  const got = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys].join('.') : describe(result.error)
  const want = unknown ? 'one that this build knows' : 'a valid manifest'
  return corrupt({ code: unknown ? 'FORMAT_UNKNOWN' : 'MANIFEST_CORRUPT', object, what, got, want })
}

type ReferenceJson = z.infer<typeof reference>
type DigestJson = z.infer<typeof digest>

function referenceToJson(of: SegmentReference): ReferenceJson {
  const { id, key, clip, cuts, rows, bytes, days } = of
  const seen = clip?.map(({ project, spread, ranges }) => ({ project, spread, ranges: [...ranges] })) ?? null
  return { id, key, clip: seen, cuts, rows, bytes, days, digest: digestToJson(of.digest) }
}

const referenceFromJson = (of: ReferenceJson): SegmentReference => ({ ...of, digest: digestFromJson(of.digest) })

/** The sum most significant word first, as people write numbers. */
function digestToJson({ rows, maskedRows, sum }: Digest): DigestJson {
  return { rows, masked: maskedRows, sum: [...sum].map(word).reverse().join('') }
}

const word = (value: number) => (value >>> 0).toString(16).padStart(8, '0')

function digestFromJson({ rows, masked, sum }: DigestJson): Digest {
  const at = (index: number) => Number.parseInt(sum.slice(index * 8, index * 8 + 8), 16)
  return { rows, maskedRows: masked, sum: [at(3), at(2), at(1), at(0)] }
}

const isEqual = (a: DigestJson, b: DigestJson) => a.rows === b.rows && a.masked === b.masked && a.sum === b.sum

const isAscending = (values: readonly number[]) => values.every((value, i) => i === 0 || values[i - 1]! < value)

const describe = (error: z.ZodError) =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'manifest'}: ${message}`).join('; ')
