/** zod against the table; `verdicts.server.test.ts` asks the API server the same. */
import { expect, test } from 'vitest'
import { judge } from '../../crds/judge.ts'
import { apiVersion, kinds } from '../../crds/kind.ts'
import { cases, objectOf } from './table.ts'

test('kinds: the table of verdicts -> at least 100 cases, each kind, good and bad, each named once', () => {
  expect(cases.length).toBeGreaterThanOrEqual(100)
  expect(new Set(cases.map((one) => `${one.kind}, ${one.case}`)).size).toBe(cases.length)
  for (const { kind } of kinds) {
    const verdicts = cases.filter((one) => one.kind === kind).map(({ refused }) => refused === undefined)
    expect(new Set(verdicts).size).toBe(2)
  }
})

test.each(cases)('kinds: $kind, $case -> the verdict of the table', (one) => {
  const kind = kinds.find((some) => some.kind === one.kind)!
  const before = one.old === undefined ? undefined : objectOf(one, apiVersion, one.old)
  const { problems } = judge(kind, objectOf(one, apiVersion, one.spec), before)
  expect(problems.map(({ field }) => field)).toEqual(one.refused === undefined ? [] : [one.refused])
  if (one.says !== undefined) expect(problems[0]!.message).toBe(one.says)
})
