import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../crds/fields/condition.ts'
import { type AnyDecision, conditionsFrom, isTrue } from './conditions.ts'

const serving = { status: 'True', reason: 'Serving', message: '4/4 shards serve' } as const
const at = (text: string) => ({ generation: 7, nowMs: Date.parse(text) })
const noon = at('2026-11-23T12:00:00.789Z')
const later = at('2026-11-23T12:05:00Z')

describe('time', () => {
  test('conditions: a status that stays -> keeps its time, also when reason and message change', () => {
    const before = conditionsFrom(undefined, { Ready: { status: 'False', reason: 'Creating', message: 'a' } }, noon)
    const after = conditionsFrom(before, { Ready: { status: 'False', reason: 'LogUnavailable', message: 'b' } }, later)
    expect(after).toEqual([{ ...before[0], reason: 'LogUnavailable', message: 'b' }])
    expect(before[0]?.lastTransitionTime).toBe('2026-11-23T12:00:00Z')
  })

  test('conditions: a status that changes -> has the time of the change', () => {
    const before = conditionsFrom(undefined, { Ready: { status: 'False', reason: 'Creating', message: 'a' } }, noon)
    expect(conditionsFrom(before, { Ready: serving }, later)[0]?.lastTransitionTime).toBe('2026-11-23T12:05:00Z')
  })

  test('conditions: the same decisions again -> the same list, so that nothing is written (OPR-2)', () => {
    const status = fc.constantFrom('True', 'False', 'Unknown')
    const decision = fc.record({
      status,
      reason: fc.string(),
      message: fc.string({ maxLength: 1500, unit: 'grapheme' }),
    })
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('Ready', 'Stalled', 'Reconciling', 'Paused'), decision), (some) => {
        const decisions = some as Record<string, AnyDecision>
        const first = conditionsFrom(undefined, decisions, noon)
        expect(conditionsFrom(first, decisions, later)).toEqual(first)
      }),
    )
  })
})

describe('messages', () => {
  test('conditions: a decision without a message -> says what its reason means, so that no column is empty', () => {
    const decisions = { Stalled: { status: 'False', reason: 'NotStalled', message: '' } } as const
    expect(conditionsFrom(undefined, decisions, noon)[0]?.message).toBe('Nothing needs a person.')
  })
})

describe('bounds', () => {
  test('conditions: a message of any length -> at most 1024 characters, none halved', () => {
    const [condition] = conditionsFrom(undefined, { Ready: { ...serving, message: '😀'.repeat(2000) } }, noon)
    expect([...condition!.message]).toHaveLength(1024)
    expect(condition!.message).toMatch(/^(😀)+…$/u)
  })
})

/** What `kubectl`, Flux and Helm conclude, after kstatus (`status.Compute` of cli-utils): the first that applies. */
function kstatus(object: {
  metadata: { generation: number; deletionTimestamp?: string }
  status: { observedGeneration: number; conditions: readonly Condition[] }
}): 'Terminating' | 'InProgress' | 'Failed' | 'Current' {
  const { metadata, status } = object
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (status.observedGeneration !== metadata.generation) return 'InProgress'
  for (const { type, status: value } of status.conditions) {
    if (type === 'Reconciling' && value === 'True') return 'InProgress'
    if (type === 'Stalled' && value === 'True') return 'Failed'
  }
  return status.conditions.some(({ type, status: value }) => type === 'Ready' && value !== 'True')
    ? 'InProgress'
    : 'Current'
}

describe('kstatus', () => {
  const no = { status: 'False', reason: 'InSync', message: '' } as const
  const yes = { status: 'True', reason: 'Updating', message: '' } as const
  const unknown = { status: 'Unknown', reason: 'NotObserved', message: '' } as const
  const seen = (decisions: Readonly<Record<string, AnyDecision>>, reversed = false) => {
    const conditions = conditionsFrom(undefined, decisions, noon)
    if (reversed) conditions.reverse()
    return kstatus({ metadata: { generation: 7 }, status: { observedGeneration: 7, conditions } })
  }

  test.each([
    ['all is well', { Ready: serving, Reconciling: no, Stalled: no }, 'Current'],
    ['a change is under way and it serves', { Ready: serving, Reconciling: yes, Stalled: no }, 'InProgress'],
    ['it does not serve', { Ready: no, Reconciling: no, Stalled: no }, 'InProgress'],
    ['nothing was observed', { Ready: unknown, Reconciling: unknown, Stalled: unknown }, 'InProgress'],
    ['a person is needed', { Ready: serving, Reconciling: no, Stalled: yes }, 'Failed'],
    ['a person is needed in the middle of a change', { Ready: no, Reconciling: yes, Stalled: yes }, 'Failed'],
  ] as const)(
    'conditions: %s -> tools conclude the same, in whatever order the list is',
    (_, decisions, conclusion) => {
      expect([seen(decisions), seen(decisions, true)]).toEqual([conclusion, conclusion])
    },
  )
})

describe('isTrue', () => {
  test('conditions: a condition for an older generation, or none -> is not relied on', () => {
    const conditions = conditionsFrom(undefined, { Ready: serving }, noon)
    expect(isTrue({ metadata: { generation: 7 }, status: { conditions } }, 'Ready')).toBe(true)
    expect(isTrue({ metadata: { generation: 8 }, status: { conditions } }, 'Ready')).toBe(false)
    expect(isTrue({ metadata: { generation: 7 } }, 'Ready')).toBe(false)
  })
})
