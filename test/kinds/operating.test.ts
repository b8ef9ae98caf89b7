/** What the operating pages must not leave out, and what they point to. `operating.server.test.ts` runs their commands. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conditionsOf } from '../../crds/conditions.ts'
import { pages, steps } from './console.ts'

const folder = join(import.meta.dirname, '../../docs/operating')

function reasons(type: 'Ready' | 'Stalled', status: 'True' | 'False'): string[] {
  const tables = Object.values(conditionsOf) as Readonly<Record<string, Readonly<Record<string, object>>>>[]
  return [...new Set(tables.flatMap((table) => Object.keys(table[type]?.[status] ?? {})))]
}

/** As GitHub makes the anchor of a heading. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

describe('operating pages', () => {
  test.each([...new Set([...reasons('Stalled', 'True'), ...reasons('Ready', 'False')])])(
    'docs: reason %s -> troubleshooting says what to do',
    (reason) => {
      expect(pages['troubleshooting.md']).toMatch(new RegExp(`^(\\| ${reason} \\|.{15}|## ${reason}$)`, 'm'))
    },
  )

  test('docs: every veto of the operator -> troubleshooting says when it clears', () => {
    const source = readFileSync(join(folder, '../../operator/plan/shard/vetoes.ts'), 'utf8')
    const vetoes = [...source.matchAll(/^ {2}name: '(\w+)'/gm)].map(([, name]) => name!)
    expect(vetoes.length).toBeGreaterThan(5)
    const table = pages['troubleshooting.md']!
    expect(vetoes.filter((name) => !table.includes(`\n| ${name} |`))).toEqual([])
  })

  test.each(Object.keys(pages))('docs: links of %s -> lead to a file, and to a heading in it', (page) => {
    const links = [...pages[page]!.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#')
      const file = path === '' ? join(folder, page) : join(folder, path)
      return !existsSync(file) || (anchor !== undefined && !anchors(readFileSync(file, 'utf8')).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  test('docs: the first page -> leads to each other page', () => {
    for (const page of Object.keys(pages)) {
      if (page !== 'README.md') expect(pages['README.md']).toContain(`(${page})`)
    }
  })

  test('docs: console sessions -> kubectl only, with its output', () => {
    const all = Object.keys(pages).flatMap(steps)
    expect(all.length).toBeGreaterThan(5)
    for (const { command, prints } of all) {
      expect(command).toMatch(/^kubectl /)
      // A diff that says nothing is what is shown.
      expect([command, prints !== '' || command.startsWith('kubectl diff')]).toEqual([command, true])
    }
  })
})
