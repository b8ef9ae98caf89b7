/**
 * What an API server would refuse about a schema, and what this project asks of one besides: found without a server, so that
 * `npm test` alone keeps the CRDs installable. Source of the rules: "Specifying a structural schema" in the Kubernetes documentation.
 *
 * Does not: estimate the cost of CEL rules, which only the server does (`test/kinds/verdicts.server.test.ts` installs the CRDs).
 */
import type { Structural } from './structural.ts'

/** Words that a structural schema may use and that this project does. Any other is a fault, `$ref` and `oneOf` among them. */
const known = new Set([
  'type',
  'description',
  'default',
  'enum',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'anyOf',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
])

const scalars = new Set(['string', 'integer', 'boolean'])

type Check = (node: Structural, seen: { readonly correlatable: boolean }) => string | undefined | false

const checks: readonly Check[] = [
  (node) => {
    const strange = Object.keys(node).filter((word) => !known.has(word))
    return (
      strange.length > 0 && `says ${strange.join(', ')}, which a structural schema may not, or which is not in use here`
    )
  },
  (node) => {
    const either = node['x-kubernetes-int-or-string'] === true
    return (node.type === undefined) !== either && 'needs a type, or to be an integer or a string'
  },
  ({ anyOf, ...node }) =>
    anyOf !== undefined &&
    node['x-kubernetes-int-or-string'] !== true &&
    'has alternatives, which a CRD cannot default',
  ({ properties, additionalProperties }) =>
    properties !== undefined && additionalProperties !== undefined && 'has both properties and additionalProperties',
  ({ additionalProperties }) => additionalProperties === false && 'closes itself, which the server does by pruning',
  ({ required = [], properties = {} }) => {
    const missing = required.filter((name) => properties[name] === undefined)
    return missing.length > 0 && `requires ${missing.join(', ')}, which it does not have`
  },
  ({ type, items }) =>
    (type === 'array') !== (items !== undefined) && 'is a list without items, or items without a list',
  ({ type, ...node }) =>
    type === 'array' && node['x-kubernetes-list-type'] === undefined && 'is a list without a list type',
  ({ items, ...node }) => {
    if (node['x-kubernetes-list-type'] !== 'map') return undefined
    const keys = node['x-kubernetes-list-map-keys'] ?? []
    const usable = keys.every(
      (key) => scalars.has(items?.properties?.[key]?.type ?? '') && items?.required?.includes(key),
    )
    return (keys.length === 0 || !usable) && 'is a map of items without keys that are required scalars'
  },
  (node) =>
    node['x-kubernetes-list-type'] === 'map' &&
    node.default !== undefined &&
    'is a merged list with a default: default items would stay beside those that people apply',
  ({ pattern }) =>
    pattern !== undefined && /\(\?[=!<]|\\[1-9]/.test(pattern) && `has a pattern that RE2 cannot run: ${pattern}`,
  ({ type, maxLength, enum: values, ...node }) =>
    (type === 'string' || node['x-kubernetes-int-or-string'] === true) &&
    maxLength === undefined &&
    values === undefined &&
    'is text without a longest length',
  ({ type, maxItems }) => type === 'array' && maxItems === undefined && 'is a list without a bound',
  ({ additionalProperties, maxProperties }) =>
    additionalProperties !== undefined && maxProperties === undefined && 'is a map without a bound',
  ({ type, minimum, maximum }) =>
    type === 'integer' && (minimum === undefined || maximum === undefined) && 'is a number without bounds',
  (node) => (node.description ?? '').length < 10 && 'has no description',
  (node, { correlatable }) =>
    !correlatable &&
    (node['x-kubernetes-validations'] ?? []).some(({ rule }) => rule.includes('oldSelf')) &&
    'has a transition rule inside a list whose items have no former ones',
  (node) => {
    const lost = (node['x-kubernetes-validations'] ?? []).find(
      ({ fieldPath }) => fieldPath !== undefined && descend(node, fieldPath) === undefined,
    )
    return lost !== undefined && `points to ${lost.fieldPath}, which it does not have`
  },
]

/** One line per fault, with its path; empty when the schema is fit. `path` begins the lines. */
export function faults(node: Structural, path: string, correlatable = true): string[] {
  const own = checks.flatMap((check) => {
    const fault = check(node, { correlatable })
    return fault ? [`${path}: ${fault}`] : []
  })
  const properties = Object.entries(node.properties ?? {}).flatMap(([name, property]) =>
    faults(property, `${path}.${name}`, correlatable),
  )
  const isMap = node['x-kubernetes-list-type'] === 'map'
  const items = node.items === undefined ? [] : faults(inList(node.items), `${path}[]`, correlatable && isMap)
  const { additionalProperties: values } = node
  const entries = typeof values === 'object' ? faults(inList(values), `${path}.*`, correlatable) : []
  return [...own, ...properties, ...items, ...entries]
}

/** Items are described by their list. */
function inList(item: Structural): Structural {
  return { description: 'described by its list', ...item }
}

function descend(node: Structural, fieldPath: string): Structural | undefined {
  const names = fieldPath.split('.').slice(1)
  return names.reduce<Structural | undefined>((current, name) => current?.properties?.[name], node)
}
