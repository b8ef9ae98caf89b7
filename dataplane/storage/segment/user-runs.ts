/**
 * Which user each row belongs to: rows of a stripe are sorted by user, so it is runs.
 *
 *     description:  runs varint · form u8 (bits 0-3: row bits R, bits 4-5: bytes of a token - 1)
 *                   · in a stripe of several names: runs of each name - 1 (integers)
 *                   · exceptions varint, and where there are any: bytes that they take varint
 *     body:         a token per run · the integers · exceptions, four varints each: run - run of the one
 *                   before - 1, what its token lacks of the step, of the rows, how many of its rows are masked
 *     token:        little-endian; low R bits: rows of the run - 1, the bits above: step
 *     step:         user - user of the run before - 1; the first of each name from -1
 *
 * Tokens are whole bytes and masks are by run too, so that a question about users is one short loop over
 * bytes (`run-kernels.ts`): bit-packed columns took a fifth less room and three times as long.
 * An exception is a run whose step or rows do not fit its token, or some of whose rows are masked.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import type { Arena } from '../codec/arena.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'

/** No step from user to user, and no run, is as long (`sliceRowsMax`). */
const lengthMax = 1 << 26
const rowBitsMax = 7
const tokenBytesMax = 3
/** What an exception costs in bytes, and in time as bytes. */
const exceptionBytes = 5

/** The rows of a stripe in stored order: slice user of each, where each name ends, and which are masked (ascending). */
export interface RowUsers {
  readonly users: Uint32Array
  readonly eventEnds: Uint32Array
  readonly masked: Uint32Array
}

const exceptionList = new ByteWriter()

interface Runs {
  readonly count: number
  /** From the user of the run before. */
  readonly steps: Uint32Array
  /** Rows - 1. */
  readonly more: Uint32Array
  /** Masked rows. */
  readonly masked: Uint32Array
  /** Per name. */
  readonly perName: Uint32Array
}

export function writeUserRuns(rows: RowUsers, sink: ColumnSink): void {
  const { count, steps, more, masked, perName } = findRuns(rows)
  const { tokenBytes, rowBits } = chooseToken({ count, steps, more, masked })
  const stepBits = 8 * tokenBytes - rowBits
  const { head } = sink
  head.varint(count)
  head.u8(rowBits | ((tokenBytes - 1) << 4))
  const tokens = new Uint8Array(count * tokenBytes)
  const exceptions: number[] = []
  for (let run = 0, at = 0; run < count; run++) {
    let token = ((steps[run]! & (2 ** stepBits - 1)) << rowBits) | (more[run]! & (2 ** rowBits - 1))
    for (let i = 0; i < tokenBytes; i++, token >>>= 8) tokens[at++] = token
    if (steps[run]! >>> stepBits > 0 || more[run]! >>> rowBits > 0 || masked[run]! > 0) exceptions.push(run)
  }
  sink.bytes(tokens)
  if (perName.length > 1) writeInts(perName, sink)
  head.varint(exceptions.length)
  if (exceptions.length === 0) return
  const list = exceptionList
  list.reset()
  let next = 0
  for (const run of exceptions) {
    list.varint(run - next)
    list.varint(steps[run]! >>> stepBits)
    list.varint(more[run]! >>> rowBits)
    list.varint(masked[run]!)
    next = run + 1
  }
  head.varint(list.length)
  sink.bytes(list.view())
}

function findRuns({ users, eventEnds, masked: maskedRows }: RowUsers): Runs {
  const steps = new Uint32Array(users.length)
  const more = new Uint32Array(users.length)
  const masked = new Uint32Array(users.length)
  const perName = new Uint32Array(eventEnds.length)
  let count = 0
  let nextMasked = 0
  for (let name = 0, start = 0; name < eventEnds.length; name++) {
    const nameEnd = eventEnds[name]!
    const first = count
    for (let before = -1; start < nameEnd; count++) {
      const user = users[start]!
      let end = start + 1
      while (end < nameEnd && users[end] === user) end++
      steps[count] = user - before - 1
      more[count] = end - start - 1
      for (; nextMasked < maskedRows.length && maskedRows[nextMasked]! < end; nextMasked++) masked[count]!++
      before = user
      start = end
    }
    perName[name] = count - first - 1
  }
  return { count, steps, more, masked, perName }
}

/** The token with which the runs take the fewest bytes. */
function chooseToken({ count, steps, more, masked }: Omit<Runs, 'perName'>): { tokenBytes: number; rowBits: number } {
  // Runs by the bits of their steps and of their rows; a masked one is an exception in any case.
  const byBits = new Uint32Array(32 * 32)
  let longest = 0
  let widest = 0
  for (let run = 0; run < count; run++) {
    if (masked[run]! > 0) continue
    const stepWidth = 32 - Math.clz32(steps[run]!)
    const rowWidth = 32 - Math.clz32(more[run]!)
    byBits[stepWidth * 32 + rowWidth]!++
    widest = Math.max(widest, stepWidth)
    longest = Math.max(longest, rowWidth)
  }
  let best = { tokenBytes: 1, rowBits: 0 }
  let least = Number.POSITIVE_INFINITY
  for (let tokenBytes = 1; tokenBytes <= tokenBytesMax; tokenBytes++) {
    for (let rowBits = 0; rowBits <= Math.min(rowBitsMax, longest); rowBits++) {
      const stepBits = 8 * tokenBytes - rowBits
      let bytes = count * tokenBytes
      for (let step = 0; step <= widest; step++) {
        for (let row = 0; row <= longest; row++) {
          if (step > stepBits || row > rowBits) bytes += exceptionBytes * byBits[step * 32 + row]!
        }
      }
      if (bytes >= least) continue
      least = bytes
      best = { tokenBytes, rowBits }
    }
  }
  return best
}

/** Runs as they lie in the file; `run-kernels.ts` makes something of them. */
export interface RunColumn {
  readonly count: number
  readonly tokens: Uint8Array
  readonly tokenBytes: number
  readonly rowBits: number
  /** Per name of the stripe: the run after its last. */
  readonly nameEnds: Uint32Array
  readonly exceptions: RunExceptions
  readonly rows: number
  readonly sliceUsers: number
  /** Reports damage that is found in use. */
  readonly body: BodyReader
}

/** Four numbers each, ascending by run: the run, what to add to the step and to the rows that its token says, masked rows. */
export type RunExceptions = Uint32Array
export const exceptionFields = 4

const noExceptions: RunExceptions = new Uint32Array(0)

/** `names`: event names of the stripe. Throws `CorruptError` where counts do not fit. */
export function readUserRuns(
  head: ByteReader,
  body: BodyReader,
  stripe: { readonly rows: number; readonly names: number; readonly sliceUsers: number; readonly arena: Arena },
): RunColumn {
  const { rows, names, sliceUsers, arena } = stripe
  const count = head.varintMax(rows, 'runs of users')
  const form = head.u8('form of runs')
  const rowBits = form & 15
  const tokenBytes = (form >>> 4) + 1
  if (rowBits > rowBitsMax || tokenBytes > tokenBytesMax) body.unknown('form of runs', form, 0x27)
  const bytes = body.bytes(count * tokenBytes)
  // A plain array, whatever the source hands out: kernels are made for one kind.
  const tokens = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const nameEnds = names === 1 ? Uint32Array.of(count) : readNameEnds(head, body, { names, count })
  const exceptions = readExceptions(head, body, { count, rowBits, stepBits: 8 * tokenBytes - rowBits, arena })
  return { count, tokens, tokenBytes, rowBits, nameEnds, exceptions, rows, sliceUsers, body }
}

function readNameEnds(
  head: ByteReader,
  body: BodyReader,
  { names, count }: { readonly names: number; readonly count: number },
): Uint32Array {
  const ends = readInts(head, body, names).all()
  let end = 0
  for (let name = 0; name < names; name++) {
    end += ends[name]! + 1
    ends[name] = end
  }
  if (end !== count) body.fail('runs of all names', end, count)
  return ends
}

function readExceptions(
  head: ByteReader,
  body: BodyReader,
  runs: { readonly count: number; readonly rowBits: number; readonly stepBits: number; readonly arena: Arena },
): RunExceptions {
  const { count, rowBits, stepBits, arena } = runs
  const exceptions = head.varintMax(count, 'exceptions of runs')
  if (exceptions === 0) return noExceptions
  const bytes = body.bytes(head.varint('bytes of exceptions'))
  const out = arena.u32(exceptions * exceptionFields)
  const shifts = [0, stepBits, rowBits, 0]
  let at = 0
  let run = -1
  for (let i = 0; i < out.length; i++) {
    let value = bytes[at++]!
    // Nearly all take one byte. Past the end there is `undefined`, which is no number below 128.
    if (!(value < 0x80)) {
      value &= 0x7f
      for (let shift = 7; ; shift += 7) {
        const byte = bytes[at++]
        if (byte === undefined || shift > 21) body.fail('exception of a run', byte ?? 'the end', 'at most 4 bytes')
        value |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
    }
    const field = i & 3
    if (field === 0) {
      run += value + 1
      out[i] = run
    } else {
      out[i] = value << shifts[field]!
      if (value >= lengthMax >>> shifts[field]!) body.fail('step or rows of a run', value, `below ${lengthMax}`)
    }
  }
  if (at !== bytes.length) body.fail('bytes of exceptions', bytes.length, at)
  if (run >= count) body.fail('run of an exception', run, `below ${count}`)
  return out
}
