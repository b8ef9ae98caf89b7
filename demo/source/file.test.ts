import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { eventFile } from '../machine/event-file.ts'
import { fileSource } from './file.ts'
import { lineBytesMax } from './limits.ts'
import type { Batch } from './source.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-demo-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function read(path: string): Promise<{ project: string; batches: Batch[] }> {
  const source = await fileSource(eventFile(path))
  return { project: source.project, batches: await Array.fromAsync(source.batches(new AbortController().signal)) }
}

const events = Array.from({ length: 2_500 }, (_, i) => `{"event":"e${i}"}`)
const text = `${events.join('\n')}\n`
/** Two frames or members, as parallel compressors write. */
const parts = [text.slice(0, 10_001), text.slice(10_001)]

describe('file', () => {
  test.each([
    ['plain', text],
    ['gzip', Buffer.concat(parts.map((part) => gzipSync(part)))],
    ['zstd', Buffer.concat(parts.map((part) => zstdCompressSync(part)))],
  ])('file: %s under a name that says nothing -> every line with its number', async (_what, content) => {
    const { batches } = await read(file('events', content))
    expect(batches.flatMap(({ lines }) => lines)).toEqual(events)
    expect(batches.flatMap(({ numbers }) => numbers)).toEqual(events.map((_, i) => i + 1))
    expect(batches.map(({ lines }) => lines.length)).toEqual([2_000, 500])
    expect(batches.at(-1)!.done).toBe(1)
  })

  test('file: the same content -> the same project; another content -> another, so that no answer has old lines', async () => {
    const first = await read(file('My Events.ndjson', text))
    const again = await read(file('My Events.ndjson', text))
    const other = await read(file('My Events.ndjson', `${text}{}\n`))
    expect(first.project).toMatch(/^file-my-events-[0-9a-f]{8}$/)
    expect(again.project).toBe(first.project)
    expect(other.project).not.toBe(first.project)
  })

  test('file: lines that no request can carry -> named, the others are sent', async () => {
    const long = Buffer.from(`{"event":"${'x'.repeat(lineBytesMax)}"}`)
    const bytes = [
      Buffer.from('{"a":1}\n'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('\n'),
      long,
      Buffer.from('\n{"b":2}\n'),
    ]
    const { batches } = await read(file('bad.ndjson', Buffer.concat(bytes)))
    expect(batches.flatMap(({ lines }) => lines)).toEqual(['{"a":1}', '{"b":2}'])
    const unsendable = batches.flatMap((batch) => batch.unsendable).sort((a, b) => a.number - b.number)
    expect(unsendable).toEqual([
      { number: 2, why: 'not UTF-8' },
      { number: 3, why: `${long.length} bytes, want at most ${lineBytesMax}` },
    ])
  })

  test.each([
    ['is not there', () => join(folder, 'missing.ndjson'), /missing\.ndjson: there is no such file$/],
    ['is a folder', () => folder, /is a folder, want a file of NDJSON$/],
    ['is a JSON array', () => file('array.json', '[{"event":"a"}]'), /begins with '\[': want NDJSON/],
    ['ends early', () => file('cut.gz', gzipSync(text).subarray(0, 5_00)), /cannot be read to its end/],
    ['is damaged', () => file('damaged.zst', damaged(zstdCompressSync(text))), /cannot be read to its end/],
  ])('file: it %s -> one line that says so', async (_what, path, message) => {
    await expect((async () => read(path()))()).rejects.toThrow(message)
    await expect((async () => read(path()))()).rejects.toMatchObject({ name: 'Fault' })
  })
})

function damaged(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 6), Buffer.alloc(bytes.length - 6, 0xee)])
}
