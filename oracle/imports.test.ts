import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const folder = dirname(fileURLToPath(import.meta.url))

/** Specifiers of a file's imports that leave the oracle: anything relative that resolves outside, any package. */
function foreign(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*['"]([^'"]+)['"]/g)].map(
    (m) => m[1],
  )
  return specifiers.filter((specifier) => {
    if (!specifier.startsWith('.')) return !specifier.startsWith('node:')
    return relative(folder, resolve(dirname(path), specifier)).startsWith('..')
  })
}

describe('oracle imports', () => {
  test('oracle: every file but tests -> imports nothing of the engine (QRY-1)', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    )
    expect(files.length).toBeGreaterThan(10)
    const found = files.flatMap((name) => foreign(join(folder, name), readFileSync(join(folder, name), 'utf8')))
    expect(found).toEqual([])
  })

  test('oracle: a planted import of any kind -> seen', () => {
    const planted = (text: string) => foreign(join(folder, 'brute/planted.ts'), text)
    expect(planted("import type { Event } from '../../dataplane/schema/event.ts'")).toHaveLength(1)
    expect(planted("const x = await import('../../common/errors/errors.ts')")).toHaveLength(1)
    expect(planted("import '../../common/hash/xxh32.ts'")).toHaveLength(1)
    expect(planted("import { z } from 'zod'")).toHaveLength(1)
    expect(planted("import { canonical } from '../canonical.ts'\nimport { x } from 'node:path'")).toHaveLength(0)
  })
})
