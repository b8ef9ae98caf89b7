import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventLimits } from './limits.ts'
import { refusalCodes } from './refusal.ts'

const page = readFileSync(new URL('../../docs/reference/events.md', import.meta.url), 'utf8')

test('events page: its table of codes -> the codes of refusals, no more and no fewer', () => {
  const table = page.slice(page.indexOf('| code | meaning |'))
  const rows = [...table.matchAll(/^\| `(\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning])
  expect(rows).toEqual(Object.entries(refusalCodes))
})

test('events page: its limits -> those that validation has', () => {
  for (const limit of Object.values(eventLimits)) expect(page).toContain(` ${limit.toLocaleString('en-US')}`)
})
