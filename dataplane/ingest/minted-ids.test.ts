import { expect, test } from 'vitest'
import { SeededRandom } from '../../sim/random.ts'
import { MintedIds } from './minted-ids.ts'
import { validate } from './validate.ts'

test('minted ids: requests and incarnations -> all different, and ids that a sender could have sent', () => {
  const random = new SeededRandom(7)
  const ids = [new MintedIds(random), new MintedIds(random)].flatMap((minted) =>
    Array.from({ length: 50 }, () => minted.request()).flatMap((next) => Array.from({ length: 40 }, next)),
  )
  expect(new Set(ids).size).toBe(4000)
  for (const id of ids) {
    const raw = { event: 'Play', properties: { time: 1_700_000_000, distinct_id: 'u', $insert_id: id } }
    expect(validate(raw, { project: 'demo', now: 1_800_000_000_000 }).event?.insertId).toBe(id)
  }
})

test('minted ids: the first events -> incarnation, request, index', () => {
  const minted = new MintedIds({ bytes: (length) => new Uint8Array(length).fill(0xab) })
  const [first, second] = [minted.request(), minted.request()]
  expect([first(), second(), first()]).toEqual(['abababababababab-0-0', 'abababababababab-1-0', 'abababababababab-0-1'])
})
