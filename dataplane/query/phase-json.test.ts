import { describe, expect, test } from 'vitest'
import { partialFromJson, partialToJson, phaseFromJson, phaseToJson } from './phase-json.ts'
import type { Partials, Phase, PhaseOf } from './phases.ts'

const wire = (json: unknown) => JSON.parse(JSON.stringify(json)) as unknown

function there<Kind extends Phase['kind']>(phase: PhaseOf<Kind>, partial: Partials[Kind]): Partials[Kind] {
  return partialFromJson(phase, wire(partialToJson(phase, partial)), 'partial')
}

describe('phases as JSON', () => {
  test.each<Phase>([
    { kind: 'funnel' },
    { kind: 'retention' },
    { kind: 'groups' },
    { kind: 'counts', partitions: [{ index: 1, count: 4 }] },
    { kind: 'fixed', keys: [[undefined], [null], ['DE']] },
    { kind: 'fixed', keys: [[[1, { a: null }], undefined]] },
  ])('phase json: %j -> the same there, missing told from null', (phase) => {
    expect(phaseFromJson(wire(phaseToJson(phase)), 'phase')).toEqual(phase)
  })

  test('phase json: partials -> the same there, to the last bit of a sum', () => {
    const sums = [
      { high: 0.1 + 0.2, low: 5e-324 },
      { high: 0, low: 0, limbs: [1, -2, 3] },
    ]
    const row = { events: 3, sums, numbers: [2, 1], extremes: [null, -1.5] }
    const groups = [
      { key: [undefined, null], row },
      { key: ['a', [false]], row: { events: 1, counts: [1, 0], users: [1, 0], usersTotal: 1 } },
    ]
    const partial = { groups, other: row, overall: row }
    expect(there({ kind: 'fixed', keys: [] }, partial)).toEqual(partial)
    expect(there({ kind: 'groups' }, { ...partial, other: undefined })).toEqual({ ...partial, other: undefined })
    expect(there({ kind: 'groups' }, { tooMany: true })).toEqual({ tooMany: true })
    const counts = [{ key: [undefined], events: 7 }]
    expect(there({ kind: 'counts', partitions: [] }, counts)).toEqual(counts)
    expect(there({ kind: 'counts', partitions: [] }, { reference: 1 })).toEqual({ reference: 1 })
    expect(there({ kind: 'funnel' }, { users: [3, 1] })).toEqual({ users: [3, 1] })
    const cohorts = [{ users: 2, retained: [2, 1] }]
    expect(there({ kind: 'retention' }, cohorts)).toEqual(cohorts)
  })

  test.each<[Phase, unknown]>([
    [{ kind: 'funnel' }, { users: [1, null] }],
    [{ kind: 'funnel' }, []],
    [{ kind: 'retention' }, [{ users: 1 }]],
    [{ kind: 'groups' }, { groups: [], overall: {} }],
    [{ kind: 'groups' }, { groups: [{ key: ['a'], row: { events: 1 } }], overall: { events: 1 } }],
    [{ kind: 'fixed', keys: [] }, { tooMany: true }],
    [
      { kind: 'fixed', keys: [] },
      { groups: [], overall: { events: 1, sums: [{ high: 1 }] } },
    ],
    [{ kind: 'counts', partitions: [] }, [{ key: [], events: '1' }]],
    [{ kind: 'counts', partitions: [] }, 'x'],
  ])('phase json: to %j the partial %j -> MESSAGE_CORRUPT', (phase, json) => {
    expect(() => partialFromJson(phase, json, 'partial of s0')).toThrow(/MESSAGE_CORRUPT: partial of s0/)
  })

  test.each([undefined, null, [], { kind: 'all' }, { kind: 'fixed', keys: [3] }, { kind: 'counts' }])(
    'phase json: %j as a phase -> MESSAGE_CORRUPT',
    (json) => {
      expect(() => phaseFromJson(json, 'request')).toThrow(/MESSAGE_CORRUPT: request/)
    },
  )
})
