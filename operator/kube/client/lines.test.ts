import fc from 'fast-check'
import { expect, it } from 'vitest'
import { linesOf } from './lines.ts'

it('lines: however the bytes are cut -> the same lines; one without its end is dropped', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '))
  await fc.assert(
    fc.asyncProperty(fc.array(line), line, fc.array(fc.nat(50)), async (lines, rest, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join('') + rest)
      async function* chunks() {
        let at = 0
        for (const length of cuts) {
          yield bytes.subarray(at, at + length)
          at += length
        }
        yield bytes.subarray(at)
      }
      const read: string[] = []
      for await (const one of linesOf(chunks())) read.push(one)
      expect(read).toEqual(lines.map((one) => Buffer.from(one).toString()))
    }),
  )
})
