/**
 * Which user each row belongs to: rows of a stripe are sorted by user, so it is runs.
 *
 *     description:  runs varint · users (integers) · lengths (integers)
 *     users:        (user - user of the run before - 1) mod users of the slice, the first from -1
 *     lengths:      rows of the run - 1
 *
 * Within one event name users ascend, so the difference is small; where a rest stripe goes on to the
 * next name it wraps around.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { Arena } from '../codec/arena.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { decodeInts } from '../codec/ints-reader.ts'

export interface UserRuns {
  readonly count: number
  readonly user: Uint32Array
  readonly end: Uint32Array
}

/** `users`: slice user per row; a run ends at each of `eventEnds` too. */
export function writeUserRuns(users: Uint32Array, eventEnds: Uint32Array, sliceUsers: number, sink: ColumnSink): void {
  const steps: number[] = []
  const lengths: number[] = []
  let before = -1
  let name = 0
  for (let start = 0; start < users.length; ) {
    while (eventEnds[name] <= start) name++
    let end = start + 1
    while (end < eventEnds[name] && users[end] === users[start]) end++
    const step = users[start] - before - 1
    steps.push(step < 0 ? step + sliceUsers : step)
    lengths.push(end - start - 1)
    before = users[start]
    start = end
  }
  sink.head.varint(steps.length)
  writeInts(Uint32Array.from(steps), sink)
  writeInts(Uint32Array.from(lengths), sink)
}

/** `names`: event names of the stripe. Throws `CorruptError` where runs and rows do not fit. */
export function readUserRuns(
  head: ByteReader,
  body: BodyReader,
  stripe: { readonly rows: number; readonly names: number; readonly sliceUsers: number; readonly arena: Arena },
): UserRuns {
  const { rows, names, sliceUsers, arena } = stripe
  const count = head.varintMax(rows, 'runs of users')
  const user = arena.u32(count)
  const end = arena.u32(count)
  decodeInts(head, body, user)
  decodeInts(head, body, end)
  if (names === 1) {
    const last = sumSteps(user, -1, body)
    if (last >= sliceUsers) body.fail('user of a run', last, `below ${sliceUsers}`)
  } else sumWrapping(user, sliceUsers, body)
  const row = sumSteps(end, 0, body)
  if (row !== rows) body.fail('rows of the runs of users', row, rows)
  return { count, user, end }
}

/** No step from user to user or row to row is as long (`sliceRowsMax`). */
const stepMax = 1 << 26

/**
 * Replaces each step by `start` and the sum of the steps so far, each plus one; returns the last.
 *
 * In 32-bit arithmetic, several times faster than in doubles. It cannot wrap around unseen: steps are
 * below 2^26, so a sum that passes 2^31 is negative at least once.
 */
function sumSteps(steps: Uint32Array, start: number, body: BodyReader): number {
  let sum = start
  let bits = 0
  let signs = 0
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] | 0
    bits |= step
    sum = (sum + step + 1) | 0
    signs |= sum
    steps[i] = sum
  }
  if (bits >>> 0 >= stepMax || signs < 0) body.fail('step from run to run', bits >>> 0, `below ${stepMax}`)
  return sum
}

function sumWrapping(user: Uint32Array, sliceUsers: number, body: BodyReader): void {
  let before = -1
  for (let run = 0; run < user.length; run++) {
    before += user[run] + 1
    if (before >= sliceUsers) before -= sliceUsers
    if (before >= sliceUsers) body.fail('user of a run', before, `below ${sliceUsers}`)
    user[run] = before
  }
}
