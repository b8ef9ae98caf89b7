/**
 * The verdict on an object of a kind, the same as the API server's: schema, defaults, rules, and transition rules where the
 * object existed before. What CEL can't see (whether a Secret exists) is not judged here.
 */
import type { z } from 'zod'
import type { Kind } from './kind.ts'
import type { Resource, ResourceMeta } from './resource.ts'
import { type Field, isTransition, type Rule, rulesOf } from './rule.ts'

export interface Problem {
  /** Path of the field as in the YAML: `spec.shard.replicas`. */
  readonly field: string
  readonly message: string
}

export interface Verdict {
  /** None: the API server would take the object. */
  readonly problems: readonly Problem[]
  /** The object with defaults in its spec; only where the schema accepted it. */
  readonly object?: Resource<Field, Field>
}

/** A plain object as it was written or read: nothing about it is taken for granted. */
export interface Candidate {
  readonly apiVersion?: unknown
  readonly kind?: unknown
  readonly metadata?: unknown
  readonly spec?: unknown
  readonly status?: unknown
}

/** Judges an object that is created, or, with `old`, one that replaces `old`. A field is named once, with the first thing wrong. */
export function judge(kind: Kind, candidate: Candidate, old?: Candidate): Verdict {
  const spec = withDefaults(kind, candidate.spec)
  if (!spec.success) return { problems: firstByField(spec.error.issues.flatMap(problemsOf)) }
  const object = { ...candidate, metadata: candidate.metadata as ResourceMeta, spec: spec.data } as Resource<
    Field,
    Field
  >
  const before = old && { ...old, spec: withDefaults(kind, old.spec).data }
  const problems: Problem[] = []
  ask(kind.rules, { self: object, oldSelf: before, field: '' }, problems)
  walk(kind.spec, { self: object.spec, oldSelf: before?.spec, field: 'spec' }, problems)
  return problems.length === 0 ? { problems, object } : { problems: firstByField(problems) }
}

function withDefaults(kind: Kind, spec: unknown) {
  return kind.spec.safeParse(spec === undefined && kind.specDefaults ? {} : withoutNulls(kind.spec, spec))
}

/** As the API server: a null counts as left out. */
function withoutNulls(schema: z.core.$ZodType, value: unknown): unknown {
  const { def } = schema._zod as unknown as { def: Field }
  if (value === null) return undefined
  if (def.innerType !== undefined) return withoutNulls(def.innerType, value)
  if (def.type === 'array' && Array.isArray(value)) return value.map((item) => withoutNulls(def.element, item))
  if (def.type !== 'object' || typeof value !== 'object' || Array.isArray(value)) return value
  const shape = def.shape as Readonly<Record<string, z.core.$ZodType>>
  return Object.fromEntries(
    Object.entries(value as object).map(([name, part]) => {
      const schemaOfPart = shape[name]
      return [name, schemaOfPart === undefined ? part : withoutNulls(schemaOfPart, part)]
    }),
  )
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: at(['spec', ...issue.path]), message: issue.message }]
  return issue.keys.map((key) => ({ field: at(['spec', ...issue.path, key]), message: 'no such field' }))
}

function firstByField(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ field }, index) => problems.findIndex((other) => other.field === field) === index)
}

interface Place {
  readonly self: Field
  readonly oldSelf: Field
  readonly field: string
}

function ask(rules: readonly Rule[], { self, oldSelf, field }: Place, problems: Problem[]): void {
  for (const rule of rules) {
    if (isTransition(rule) && oldSelf === undefined) continue
    if (rule.holds(self, oldSelf)) continue
    const where = `${field}${rule.fieldPath ?? ''}`.replace(/^\./, '')
    problems.push({ field: where, message: rule.says?.(self, oldSelf) ?? rule.message })
  }
}

/** Asks the rules of a schema and of all below it. Lists have no old elements: none of them is a map with rules inside. */
function walk(schema: z.core.$ZodType, place: Place, problems: Problem[]): void {
  const { self, oldSelf, field } = place
  if (self === undefined) return
  ask(rulesOf(schema), place, problems)
  const { def } = schema._zod as unknown as { def: Field }
  if (def.innerType !== undefined) walk(def.innerType, place, problems)
  else if (def.type === 'object') {
    for (const [name, part] of Object.entries(def.shape as Record<string, z.core.$ZodType>)) {
      walk(part, { self: self[name], oldSelf: oldSelf?.[name], field: `${field}.${name}` }, problems)
    }
  } else if (def.type === 'array') {
    for (const [index, item] of self.entries()) {
      walk(def.element, { self: item, oldSelf: undefined, field: `${field}[${index}]` }, problems)
    }
  }
}

const at = (path: readonly PropertyKey[]) =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text && '.'}${String(part)}`),
    '',
  )
