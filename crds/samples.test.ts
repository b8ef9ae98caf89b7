import { expect, test } from 'vitest'
import { type Structural, structural } from './crd/structural.ts'
import { judge } from './judge.ts'
import { kinds, shardKind } from './kind.ts'
import { samples, shardExample } from './samples.ts'

const kindOf = (name: string) => kinds.find(({ kind }) => kind === name)!

test.each(samples)('kinds: the $size sample of $kind -> is taken as it is', ({ kind, object }) => {
  expect(judge(kindOf(kind), object).problems).toEqual([])
})

test('kinds: the Shard of the reference page -> would be taken', () => {
  expect(judge(shardKind, shardExample).problems).toEqual([])
})

/** Fields of the schema that no part of the value shows; a list shows what any of its items does. */
function notShown(schema: Structural, values: readonly unknown[], path: string): string[] {
  const there = values.filter((value) => value !== undefined)
  if (there.length === 0) return [path]
  const { properties, items } = schema
  if (items !== undefined) return notShown(items, there.flat(), `${path}[]`)
  return Object.entries(properties ?? {}).flatMap(([name, property]) =>
    notShown(
      property,
      there.map((value) => (value as Record<string, unknown>)[name]),
      `${path}.${name}`,
    ),
  )
}

test.each(samples.filter(({ size }) => size === 'full'))(
  'kinds: the full sample of $kind -> shows every field of the spec',
  ({ kind, object }) => {
    const missing = notShown(structural(kindOf(kind).spec), [(object as { spec: unknown }).spec], 'spec')
    // shards and projects exclude each other, and one label selector shows what all of them have.
    expect(missing.filter((path) => !/\.(shards|matchLabels|matchExpressions)$/.test(path))).toEqual([])
  },
)
