import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Resource, resources } from '../kube/resource.ts'
import { roles } from './manifests.ts'
import { clusterRights, ownRights } from './rights.ts'

const operator = join(import.meta.dirname, '..')
const all = [...clusterRights, ...ownRights]

/** Kinds that sources of the operator speak of, tests aside. */
function spokenOf(): Set<string> {
  const sources = readdirSync(operator, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('install'),
  )
  const text = sources.map((path) => readFileSync(join(operator, path), 'utf8')).join('\n')
  return new Set([...text.matchAll(/\bresources\.(\w+)/g)].map(([, name]) => name!).filter((name) => name in resources))
}

describe('rights', () => {
  test('rights: every kind that the operator speaks of -> it has a right on it', () => {
    const without = [...spokenOf()].filter((name) => {
      const { group, plural } = resources[name as keyof typeof resources] as Resource
      return !all.some((right) => right.group === group && right.resources.includes(plural))
    })
    expect(without).toEqual([])
  })

  test('rights: each has a reason, and none is a wildcard or reaches beyond its kind', () => {
    for (const { group, resources: names, verbs, why } of all) {
      expect(why.length).toBeGreaterThan(10)
      expect([group, ...names, ...verbs]).not.toContain('*')
      for (const verb of ['deletecollection', 'escalate', 'bind', 'impersonate']) expect(verbs).not.toContain(verb)
    }
  })

  test('rights: what people write -> never created or deleted by the operator', () => {
    const written = clusterRights.filter(({ resources: names }) => names.includes('eventclusters'))
    expect(written.flatMap(({ verbs }) => verbs).filter((verb) => ['create', 'delete'].includes(verb))).toEqual([])
  })

  test('rights: leases -> in its own namespace alone', () => {
    const [clusterRole] = roles({ namespace: 'anabranch' })
    expect(JSON.stringify(clusterRole)).not.toContain('leases')
  })
})
