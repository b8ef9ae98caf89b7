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
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'

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

export function readUserRuns(head: ByteReader, body: BodyReader, rows: number, sliceUsers: number): UserRuns {
  const count = head.varintMax(rows, 'runs of users')
  const user = readInts(head, body, count).all()
  const end = readInts(head, body, count).all()
  let before = -1
  let row = 0
  for (let run = 0; run < count; run++) {
    let next = before + 1 + user[run]
    if (next >= sliceUsers) next -= sliceUsers
    if (next >= sliceUsers) body.fail('user of a run', next, `below ${sliceUsers}`)
    user[run] = next
    before = next
    row += end[run] + 1
    end[run] = row
  }
  if (row !== rows) body.fail('rows of the runs of users', row, rows)
  return { count, user, end }
}
