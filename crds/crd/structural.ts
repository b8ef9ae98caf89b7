/**
 * zod to a structural schema: the subset of OpenAPI 3.0 that a CRD may hold. zod writes the JSON schema, this file turns what a CRD
 * spells otherwise and adds rules, defaults and bounds in words.
 *
 * Throws `BugError` for what no CRD can say, so that a schema that would be refused is never written.
 */
import { z } from 'zod'
import { bug } from '../../common/errors/errors.ts'
import { type Rule, rulesOf } from '../rule.ts'

/** A node of the schema, in the words of `JSONSchemaProps`. */
export interface Structural {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  maxProperties?: number
  required?: string[]
  properties?: Record<string, Structural>
  items?: Structural
  additionalProperties?: Structural | boolean
  anyOf?: Structural[]
  'x-kubernetes-int-or-string'?: true
  'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set'
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-validations'?: Validation[]
}

export interface Validation {
  rule: string
  message: string
  messageExpression?: string
  fieldPath?: string
}

export function structural(schema: z.ZodType): Structural {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'throw',
    override: ({ zodSchema, jsonSchema }) => {
      const rules = rulesOf(zodSchema)
      if (rules.length > 0) Object.assign(jsonSchema, { 'x-kubernetes-validations': rules.map(validation) })
    },
  })
  return node(json as Structural, '')
}

export function validation({ cel, message, messageExpression, fieldPath }: Rule): Validation {
  return {
    rule: cel,
    message,
    ...(messageExpression !== undefined && { messageExpression }),
    ...(fieldPath !== undefined && { fieldPath }),
  }
}

function node(json: Structural, path: string): Structural {
  if (json.anyOf !== undefined) return intOrString(json, path)
  const { properties, items, additionalProperties, description, ...rest } = json
  if (rest.type === undefined) bug(`schema at ${path || 'the root'}: got no type, want one that a CRD can say`)
  const out: Structural = { ...(description !== undefined && { description: inWords(json, description) }), ...rest }
  if (out.type === 'integer') out.format = (out.maximum ?? Number.POSITIVE_INFINITY) < 2 ** 31 ? 'int32' : 'int64'
  if (properties !== undefined) {
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, node(property, `${path}.${name}`)]),
    )
  }
  if (items !== undefined) out.items = node(items, `${path}[]`)
  if (typeof additionalProperties === 'object') out.additionalProperties = node(additionalProperties, `${path}.*`)
  return out
}

/** The one union that a CRD knows: a whole number or a string, as quantities are. */
function intOrString(json: Structural, path: string): Structural {
  const { anyOf = [], description, ...rest } = json
  const [first, second] = anyOf
  if (anyOf.length !== 2 || first?.type !== 'integer' || second?.type !== 'string') {
    bug(`schema at ${path}: got a union, want an integer or a string`)
  }
  return {
    ...(description !== undefined && { description: inWords(json, description) }),
    ...rest,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    minimum: first?.minimum,
    pattern: second?.pattern,
    maxLength: second?.maxLength,
  } as Structural
}

/** `kubectl explain` shows neither bounds nor defaults, so the description says them. It does show the values of an enum. */
function inWords({ minimum, maximum, default: value, type }: Structural, description: string): string {
  const bounds = type === 'integer' && (maximum ?? 0) < 2 ** 31 - 1 ? [`${minimum} to ${maximum}.`] : []
  const empty = typeof value === 'object' && !Array.isArray(value)
  const fallback =
    value === undefined || empty ? [] : [`Default: ${typeof value === 'string' ? value : JSON.stringify(value)}.`]
  return [description, ...bounds, ...fallback].join(' ')
}
