import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packInsertId, unpackInsertId } from './insert-id.ts'

function pack(text: string): { form: number; bytes: Uint8Array } {
  const out = new Uint8Array(20).fill(0xee)
  const form = packInsertId(text, out, 2)
  expect([out[0], out[1], out[18], out[19]]).toEqual([0xee, 0xee, 0xee, 0xee])
  return { form, bytes: out.slice(2, 18) }
}

describe('insert id: the forms of a UUID', () => {
  test.each([
    ['0f8fad5b-d9cb-469f-a165-70867728950e', 1],
    ['0F8FAD5B-D9CB-469F-A165-70867728950E', 2],
    ['0f8fad5bd9cb469fa16570867728950e', 3],
    ['0F8FAD5BD9CB469FA16570867728950E', 4],
    ['00000000-1111-2222-3333-444444444444', 1],
    ['00000000111122223333444444444444', 3],
    ['0f8fad5b-d9cb-469f-a165-70867728950E', 0],
    ['0f8fad5bXd9cb-469f-a165-70867728950e', 0],
    ['0f8fad5b-d9cb-469f-a165-7086772895_e', 0],
    ['0f8fad5b-d9cb-469f-a165-70867728950\u0130', 0],
    ['0f8fad5bd9cb469fa16570867728950g', 0],
    ['------------------------------------', 0],
    ['', 0],
    ['abc-1-2', 0],
  ])('insert id: %s -> form %i, and back to the same text', (text, form) => {
    const packed = pack(text)
    expect(packed.form).toBe(form)
    if (form === 0) expect([...packed.bytes]).toEqual(new Array(16).fill(0))
    else expect(unpackInsertId(packed.bytes, 0, form)).toBe(text)
  })

  test('insert id: any 16 bytes in any form -> unpack and pack are inverse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.integer({ min: 1, max: 4 }), (bytes, form) => {
        const text = unpackInsertId(bytes, 0, form)
        const packed = pack(text)
        expect(packed.bytes).toEqual(bytes)
        expect(unpackInsertId(packed.bytes, 0, packed.form)).toBe(text)
      }),
    )
  })
})
