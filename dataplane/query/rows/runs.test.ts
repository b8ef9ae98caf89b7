import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowBatch } from './batch.ts'
import type { Part } from './part.ts'
import { canMark, countRows, markUsers, SelectedRuns } from './runs.ts'
import type { Selection } from './select.ts'

const users = 40

/** Runs of rows with their users, and which of them a part begins and ends with. */
const stripe = fc.array(
  fc.record({ user: fc.nat(users - 1), length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 70 })) }),
  { minLength: 1, maxLength: 30 },
)
const flags = (length: number) => fc.array(fc.boolean(), { minLength: length, maxLength: length })

interface Case {
  readonly part: Part
  readonly selection: Selection
  /** Slice user of each row of the part that is taken. */
  readonly taken: { row: number; user: number }[]
}

const anyCase: fc.Arbitrary<Case> = stripe.chain((runs) => {
  const rows = runs.reduce((sum, run) => sum + run.length, 0)
  return fc
    .record({
      first: fc.nat(runs.length - 1),
      last: fc.nat(runs.length - 1),
      kind: fc.constantFrom('all', 'users', 'strays', 'masked', 'rows'),
      mask: flags(users),
      others: fc.option(flags(users)),
      bits: flags(rows),
      stray: flags(rows),
      passes: flags(rows),
    })
    .map((drawn) => makeCase(runs, drawn))
})

interface Drawn {
  readonly first: number
  readonly last: number
  readonly kind: string
  readonly mask: boolean[]
  readonly others: boolean[] | null
  readonly bits: boolean[]
  readonly stray: boolean[]
  readonly passes: boolean[]
}

function makeCase(runs: readonly { user: number; length: number }[], drawn: Drawn): Case {
  const ends: number[] = []
  for (const { length } of runs) ends.push((ends.at(-1) ?? 0) + length)
  const rows = ends.at(-1)!
  const [first, last] = [Math.min(drawn.first, drawn.last), Math.max(drawn.first, drawn.last)]
  const userRuns = { count: runs.length, user: Uint32Array.from(runs, (run) => run.user), end: Uint32Array.from(ends) }
  const words = new Uint32Array((rows + 31) >>> 5)
  drawn.bits.forEach((is, row) => {
    if (is) words[row >>> 5]! |= 1 << (row & 31)
  })
  const masked = drawn.kind === 'masked' ? words : undefined
  const [start, end] = [first === 0 ? 0 : ends[first - 1]!, ends[last]!]
  const stripe = { rows, userRuns, masked, entry: { maskedRows: masked === undefined ? 0 : 1 } }
  const part = { stripe, start, end } as unknown as Part
  const strayRows = drawn.stray.flatMap((is, row) => (is ? [row] : []))
  const bytes = (list: readonly boolean[]) => Uint8Array.from(list, (is) => (is ? 1 : 0))
  const { kind, mask, others } = drawn
  const selection: Selection = {
    users: kind === 'all' || kind === 'rows' ? undefined : bytes(mask),
    strays:
      kind === 'strays'
        ? {
            rows: Uint32Array.from(strayRows),
            states: bytes(strayRows.map((row) => drawn.passes[row]!)),
            count: strayRows.length,
            users: others === null ? undefined : bytes(others),
          }
        : undefined,
    rows: kind === 'rows' ? padded(words) : undefined,
    copies: false,
  }
  const isTaken = (row: number, user: number): boolean => {
    if (kind === 'all') return true
    if (kind === 'rows') return drawn.bits[row]!
    if (kind === 'masked') return mask[user]! && !drawn.bits[row]!
    if (kind === 'strays' && drawn.stray[row]!) return drawn.passes[row]! && (others?.[user] ?? true)
    return mask[user]!
  }
  const taken: Case['taken'] = []
  runs.forEach(({ user, length }, run) => {
    for (let row = ends[run]! - length; row < ends[run]!; row++) {
      if (run >= first && run <= last && isTaken(row, user)) taken.push({ row, user })
    }
  })
  return { part, selection, taken }
}

/** Bitsets of selections have a word more than the rows need. */
function padded(words: Uint32Array): Uint32Array {
  const longer = new Uint32Array(words.length + 1)
  longer.set(words)
  return longer
}

test('runs: counts, runs and users of a part are those of its rows that are taken (QRY-1)', () => {
  const runs = new SelectedRuns()
  const position = Uint32Array.from({ length: users }, (_, user) => 100 + user * 3)
  fc.assert(
    fc.property(anyCase, ({ part, selection, taken }) => {
      expect(countRows(part, selection)).toBe(taken.length)
      runs.take(part, selection)
      expect(runs.total).toBe(taken.length)
      const listed = Array.from({ length: runs.count }, (_, i) => new Array(runs.rows[i]!).fill(runs.user[i])).flat()
      expect(listed).toEqual(taken.map(({ user }) => user))
      if (!canMark(part, selection)) return
      const bits = new Uint32Array(10)
      expect(markUsers(part, selection, { position, bits, first: 64 })).toBe(taken.length)
      const marked = Array.from({ length: users }, (_, user) => user).filter((user) => {
        const bit = position[user]! - 64
        return ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1
      })
      expect(marked).toEqual([...new Set(taken.map(({ user }) => user))].sort((a, b) => a - b))
    }),
    { numRuns: 500 },
  )
})

test('batch: its rows and users are those that are taken (QRY-1)', () => {
  const batch = new RowBatch()
  fc.assert(
    fc.property(anyCase, ({ part, selection, taken }) => {
      if (selection.strays !== undefined) return
      const found: Case['taken'] = []
      const each = (): void => {
        for (let i = 0; i < batch.count; i++) found.push({ row: batch.row[i]!, user: batch.user[i]! })
      }
      batch.fill(part, selection, { users: true, times: false, each })
      expect(found).toEqual(taken)
    }),
    { numRuns: 500 },
  )
})
