import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodings } from '../../http/decompress.ts'
import { httpLimits } from '../../http/limits.ts'
import { ingestHttpLimits } from './limits.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/reference/http-ingest.md'), 'utf8')
const limits = page.slice(page.indexOf('## Limits'), page.indexOf('## Decided'))

test('ingest page: its limits -> those that the code has', () => {
  const { bodyBytesMax, eventsMax, containersMax, heldBytesMax, ackTimeoutMs, slowBodyMs } = ingestHttpLimits
  const { headerBytesMax, connectionsMax } = httpLimits
  for (const limit of [
    bodyBytesMax,
    eventsMax,
    containersMax,
    heldBytesMax,
    ackTimeoutMs,
    slowBodyMs,
    headerBytesMax,
    connectionsMax,
  ]) {
    expect(limits).toMatch(new RegExp(`\\b${grouped(limit)}\\b`))
  }
  expect(limits).toContain(`${httpLimits.headersMax} headers`)
  expect(limits).toContain(`${httpLimits.headersTimeoutMs / 1000} s, ${httpLimits.requestTimeoutMs / 1000} s`)
  expect(limits).toContain(`${httpLimits.discardBytesMax / 1024 / 1024} MiB`)
  expect(page).toContain(`last ${ingestHttpLimits.trackAgeMsMax / 86_400_000} days`)
  for (const encoding of encodings) expect(page).toContain(encoding)
})

/** 1,048,576 */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}
