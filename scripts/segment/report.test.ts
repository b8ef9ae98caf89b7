import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inspectSegment } from '../../dataplane/storage/segment/inspect.ts'
import { BytesSource } from '../../dataplane/storage/segment/source.ts'
import { renderReport } from './report.ts'

const bytes = new Uint8Array(readFileSync(new URL('../../test/golden/segment-v1/loose.seg', import.meta.url)))

test('segment report: a file -> its columns with bytes and encodings, adding up to the file, and its slices', async () => {
  const text = renderReport(await inspectSegment(new BytesSource(bytes, 'loose.seg')), { slicesMax: 1 })
  expect(text).toContain(`1,400 events (14 of them copies)`)
  expect(text).toMatch(/^time +hot +[\d,]+ +\d\.\d\d +\d+\.\d % .*27 bits/m)
  expect(text).toMatch(/^total +[\d,]+ +24\.\d\d +100\.0 %/m)
  const listed = [...text.matchAll(/ (?:hot|cold|directory) +([\d,]+) /g)].map((match) =>
    Number(match[1]!.replaceAll(',', '')),
  )
  expect(listed.reduce((sum, value) => sum + value, 0)).toBe(bytes.length)
  expect(text).toContain('p      2026-01-01')
  expect(text).toContain('… 1 more slices')
})
