import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventLimits } from './limits.ts'
import { refusalCodes } from './refusal.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/reference/events.md'), 'utf8')

test('events page: its table of codes -> the codes of refusals, no more and no fewer', () => {
  const table = page.slice(page.indexOf('| code | meaning |'))
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning])
  expect(rows).toEqual(Object.entries(refusalCodes))
})

test('events page: its limits -> those that validation has', () => {
  for (const limit of Object.values(eventLimits)) expect(page).toContain(` ${grouped(limit)}`)
})

/** 1,048,576 */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}
