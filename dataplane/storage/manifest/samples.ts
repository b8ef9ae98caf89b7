/** Manifests for tests, with every field filled. */
import type { Manifest, SegmentReference } from './manifest.ts'

export function sampleReference(cut: number, day = 20_500): SegmentReference {
  return {
    id: `${cut}-x`,
    key: `segments/s0/${cut}-x.segment`,
    clip: null,
    cuts: { first: cut, last: cut },
    rows: 10,
    bytes: 1000 + cut,
    days: { first: day - 1, last: day },
    digest: { rows: 10, maskedRows: 1, sum: [cut, 2, 3, 0xffffffff] },
  }
}

export function sampleManifest(changes: Partial<Manifest> = {}): Manifest {
  const digest = { rows: 10, maskedRows: 1, sum: [4, 3, 2, 0xfedcba98] } as const
  return {
    shard: 's0',
    version: 7,
    previous: 6,
    nonce: '00112233445566778899aabbccddeeff',
    routingEpoch: 3,
    ring: { start: 0x80000000, end: 0x100000000 },
    placementVersion: 2,
    offsets: {
      generation: 1,
      next: new Map([
        [2, 4711],
        [3, 0],
      ]),
    },
    nextCut: 6,
    references: [
      sampleReference(4),
      {
        ...sampleReference(5),
        clip: [{ project: 'prjä', spread: 16, ranges: [{ start: 0, end: 0x100000000 }] }],
      },
    ],
    pages: [
      {
        day: 20_499,
        key: 'pages/s0/20499/00112233445566778899aabbccddeeff.page',
        digest: '00112233445566778899aabbccddeeff',
        references: 3,
        days: { first: 20_400, last: 20_499 },
      },
    ],
    operation: { kind: 'cut', input: digest, output: digest, segment: '5-x' },
    ...changes,
  }
}
