import { describe, expect, test } from 'vitest'
import { kinds } from '../kind.ts'
import { crd, crdYaml } from './document.ts'
import { faults } from './faults.ts'
import type { Structural } from './structural.ts'

const schemaOf = (kind: (typeof kinds)[number]) => crd(kind).spec.versions[0]!.schema.openAPIV3Schema

describe.each(kinds)('CRD of $kind', (kind) => {
  test('kinds: its schema -> structural, bounded, every field described', () => {
    const { properties = {}, ...root } = schemaOf(kind)
    // apiVersion, kind and metadata are the API server's own.
    const ours = { spec: properties.spec!, status: properties.status! }
    expect(faults({ ...root, properties: ours, 'x-kubernetes-validations': [] }, kind.kind)).toEqual([])
  })

  test('kinds: rules on the whole -> point to fields that there are', () => {
    const pointless = faults(schemaOf(kind), '').filter((line) => line.includes('points to'))
    expect(pointless).toEqual([])
  })

  test('kinds: its YAML -> less than 100 KB', () => {
    expect(Buffer.byteLength(crdYaml(kind))).toBeLessThan(100_000)
  })

  test('kinds: columns -> read fields that there are', () => {
    const schema = schemaOf(kind)
    for (const { jsonPath } of kind.columns) {
      const [plain] = jsonPath.split('[')
      let node: Structural | undefined = schema
      for (const name of plain!.split('.').slice(1))
        node = node?.properties?.[name] ?? (name.startsWith('creation') ? {} : undefined)
      expect([jsonPath, node === undefined]).toEqual([jsonPath, false])
    }
  })
})

const good: Structural = { type: 'string', maxLength: 5, description: 'a field of five' }
const rule = (text: string) => [{ rule: text, message: 'm' }]
const list = (more: object): Structural => ({
  type: 'array',
  maxItems: 3,
  description: 'a list of some',
  items: { type: 'object', required: ['name'], properties: { name: good } },
  'x-kubernetes-list-type': 'atomic',
  ...more,
})

/** A schema with one thing wrong, and what must be said of it. */
const planted: readonly (readonly [string, object, RegExp])[] = [
  ['a reference', { ...good, $ref: '#/a' }, /says \$ref/],
  ['alternatives', { ...good, oneOf: [] }, /says oneOf/],
  ['no type', { maxLength: 5, description: 'a field of five' }, /needs a type/],
  ['a union', { ...good, anyOf: [] }, /alternatives/],
  [
    'a closed object',
    { type: 'object', description: 'an object of some', additionalProperties: false, maxProperties: 1 },
    /closes/,
  ],
  [
    'a map with fields',
    { type: 'object', description: 'an object of some', properties: {}, additionalProperties: good, maxProperties: 1 },
    /both/,
  ],
  [
    'a required field that is none',
    { type: 'object', description: 'an object of some', required: ['a'], properties: {} },
    /requires a/,
  ],
  ['a list without items', list({ items: undefined }), /without items/],
  ['a list without a type', list({ 'x-kubernetes-list-type': undefined }), /without a list type/],
  ['a merged list without keys', list({ 'x-kubernetes-list-type': 'map' }), /without keys/],
  [
    'a merged list with an optional key',
    list({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', properties: { name: good } },
    }),
    /without keys/,
  ],
  [
    'a merged list with a default',
    list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], default: [] }),
    /stay beside/,
  ],
  ['a pattern that looks ahead', { ...good, pattern: '^(?=a)' }, /RE2/],
  ['text without an end', { ...good, maxLength: undefined }, /longest/],
  ['a list without an end', list({ maxItems: undefined }), /list without a bound/],
  [
    'a map without an end',
    { type: 'object', description: 'an object of some', additionalProperties: good },
    /map without a bound/,
  ],
  ['a number without an end', { type: 'integer', minimum: 0, description: 'a number of some' }, /without bounds/],
  ['no description', { ...good, description: undefined }, /no description/],
  [
    'a transition rule in a list',
    list({ items: { type: 'object', properties: {}, 'x-kubernetes-validations': rule('self == oldSelf') } }),
    /transition/,
  ],
  [
    'a rule that points nowhere',
    { ...good, 'x-kubernetes-validations': [{ rule: 'true', message: 'm', fieldPath: '.a' }] },
    /points to \.a/,
  ],
]

test.each(planted)('kinds: %s -> is found without a server', (_, schema, fault) => {
  expect(faults(schema as Structural, 'x').join('\n')).toMatch(fault)
})

test('kinds: nothing wrong -> nothing is said', () => {
  expect(faults(good, 'x')).toEqual([])
  expect(faults(list({}), 'x')).toEqual([])
})
