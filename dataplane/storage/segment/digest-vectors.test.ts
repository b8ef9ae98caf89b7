import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dayMs, type Event } from '../../schema/event.ts'
import { SliceBuilder } from './builder.ts'
import { digestText } from './digest.ts'
import { digestRows, rowHashes } from './row-hashes.ts'

// Read as text: an import may turn the document into source code, where a key `__proto__` is no key.
const vectors: { digest: string; rows: { event: Event; masked: number; rowHash: string }[] } = JSON.parse(
  readFileSync(new URL('digest.vectors.json', import.meta.url), 'utf8'),
)

test('digest: each vector of ADR 0005 -> its row hash, and their sum is the digest (AUD-1)', () => {
  const { project, time } = vectors.rows[0].event
  const builder = new SliceBuilder(project, Math.floor(time / dayMs))
  // The hash of placement is no cell: rows have the same digest wherever they live.
  for (const { event, masked } of vectors.rows) builder.add(event, 7, masked === 1)
  const slice = builder.finish()
  const hashes = rowHashes(slice)
  const texts = vectors.rows.map((_, row) =>
    [3, 2, 1, 0].map((word) => hashes[4 * row + word].toString(16).padStart(8, '0')).join(''),
  )
  expect(texts).toEqual(vectors.rows.map(({ rowHash }) => rowHash))
  expect(digestText(digestRows(slice))).toBe(vectors.digest)
})
