import { expect, test } from 'vitest'
import { MetricsPage } from './metrics-page.ts'

test('metrics page: samples are summed by the labels that they have', () => {
  const page = new MetricsPage(`# HELP a_total text
# TYPE a_total counter
a_total{verb="apply",result="written"} 3
a_total{verb="delete",result="written"} 4
a_total{verb="apply",result="suppressed"} 50
process_cpu_seconds_total 1.25e0
`)
  expect(page.sum('a_total', 'result="written"')).toBe(7)
  expect(page.sum('a_total', 'result="written"', 'verb="apply"')).toBe(3)
  expect(page.sum('process_cpu_seconds_total')).toBe(1.25)
  expect(page.sum('absent_total')).toBe(0)
})
