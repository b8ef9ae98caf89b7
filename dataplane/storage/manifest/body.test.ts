import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptError } from '../../../common/errors/errors.ts'
import { decodeManifest, decodePage, encodeManifest, encodePage } from './body.ts'
import { seal, unseal } from './envelope.ts'
import { sampleManifest, sampleReference } from './samples.ts'

const object = 'manifests/s0/x.manifest'
const code = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof CorruptError && error.object !== '') return error.code
    throw error
  }
  return 'no error'
}
// biome-ignore lint/suspicious/noExplicitAny: the tests take JSON apart that no type describes
const edited = (edit: (body: any) => void) => {
  const body = unseal('ABMF', object, encodeManifest(sampleManifest()))
  edit(body)
  return seal('ABMF', body)
}

const { operation } = sampleManifest()
const rebuild = { ...(operation as Extract<typeof operation, { kind: 'cut' }>), kind: 'rebuild', base: 4 } as const

describe('manifest bytes', () => {
  test('what was written is read', () => {
    for (const manifest of [
      sampleManifest(),
      sampleManifest({ operation: { kind: 'create' }, references: [], pages: [], version: 1, previous: 0 }),
      sampleManifest({ operation: rebuild }),
    ]) {
      expect(decodeManifest(object, encodeManifest(manifest))).toEqual(manifest)
    }
  })

  test('the first format version is read for ever, and still written byte for byte', () => {
    const golden = readFileSync('test/golden/manifest-v1/cut.manifest')
    expect(decodeManifest('cut.manifest', golden)).toEqual(sampleManifest())
    expect(Buffer.from(encodeManifest(sampleManifest())).equals(golden)).toBe(true)
    const page = readFileSync('test/golden/manifest-v1/references.page')
    const references = [sampleReference(1), sampleReference(2, 20_400)]
    const days = { first: 20_399, last: 20_500 }
    const named = { day: 20_500, key: 'references.page', digest: '', references: 2, days }
    expect(decodePage(named, page)).toEqual({ shard: 's0', day: 20_500, references })
    expect(Buffer.from(encodePage({ shard: 's0', day: 20_500, references })).equals(page)).toBe(true)
  })

  test('any flipped bit is reported with object, offset, got and want (MAN-1)', () => {
    const bytes = encodeManifest(sampleManifest())
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const damaged = bytes.slice()
        damaged[bit >>> 3]! ^= 1 << (bit & 7)
        expect(() => decodeManifest(object, damaged)).toThrow(
          /^MANIFEST_CORRUPT: manifests\/s0\/x.manifest at byte \d+: .+: got .+, want .+/,
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('any truncation and any appended byte is reported', () => {
    const bytes = encodeManifest(sampleManifest())
    for (let length = 0; length < bytes.length; length++) {
      expect(code(() => decodeManifest(object, bytes.subarray(0, length)))).toBe('MANIFEST_CORRUPT')
    }
    expect(code(() => decodeManifest(object, new Uint8Array([...bytes, 0])))).toBe('MANIFEST_CORRUPT')
  })

  test('a page is not taken for a manifest', () => {
    const page = encodePage({ shard: 's0', day: 1, references: [] })
    expect(code(() => decodeManifest(object, page))).toBe('MANIFEST_CORRUPT')
  })

  test('what this build does not know is refused, whatever it is', () => {
    const unknown = [
      edited((body) => (body.extra = 1)),
      edited((body) => (body.references[0].tier = 'cold')),
      edited((body) => (body.operation.kind = 'compact')),
      edited((body) => (body.operation = { kind: 'split', children: [] })),
      edited((body) => (body.reserved.redactions = { 'segments/s0/1.segment': 'segments/s0/2.segment' })),
      edited((body) => (body.reserved.floors = [])),
      edited((body) => (body.reserved.legalHold = null)),
    ]
    for (const bytes of unknown) expect(code(() => decodeManifest(object, bytes))).toBe('FORMAT_UNKNOWN')
    const newer = encodeManifest(sampleManifest())
    newer[4] = 2
    const resealed = reseal(newer)
    expect(code(() => decodeManifest(object, resealed))).toBe('FORMAT_UNKNOWN')
  })

  test('a field that is missing or makes no sense is damage, checksum or not', () => {
    const wrong = [
      edited((body) => delete body.nonce),
      edited((body) => (body.nonce = 'short')),
      edited((body) => (body.previous = body.version)),
      edited((body) => (body.ring = { start: 5, end: 5 })),
      edited((body) => (body.ring.end = 2 ** 32 + 1)),
      edited((body) => body.offsets.next.reverse()),
      edited((body) => (body.offsets.next[0] = [2, -1])),
      edited((body) => (body.offsets.next[0] = [2, 0.5])),
      edited((body) => (body.references[0].rows = 11)),
      edited((body) => (body.references[0].cuts = { first: 3, last: 2 })),
      edited((body) => (body.references[0].digest.sum = 'zz')),
      edited((body) => (body.operation.output.rows = 9)),
      edited((body) => (body.operation.input.masked = 11)),
      edited((body) => (body.references = null)),
      edited((body) => (body.operation = { ...body.operation, kind: 'rebuild' })),
      edited((body) => (body.operation = { ...body.operation, kind: 'rebuild', base: body.previous })),
      edited((body) => delete body.reserved.pins),
      seal('ABMF', null),
      seal('ABMF', []),
    ]
    for (const bytes of wrong) {
      expect(['MANIFEST_CORRUPT', 'FORMAT_UNKNOWN']).toContain(code(() => decodeManifest(object, bytes)))
    }
  })

  test('a manifest that breaks its own rules is never written', () => {
    expect(() => encodeManifest(sampleManifest({ previous: 9 }))).toThrow(/BUG MAN-1/)
  })
})

/** Writes the checksum that the altered header asks for. */
function reseal(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer)
  for (const match of String(catchMessage(() => unseal('ABMF', object, bytes))).matchAll(
    /crc32: got \w+, want (\w+)/g,
  )) {
    view.setUint32(12, Number.parseInt(match[1]!, 16), true)
  }
  return bytes
}

function catchMessage(act: () => unknown): string {
  try {
    act()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
