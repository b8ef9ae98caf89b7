/**
 * From parts to marks: which steps each row matches. Most parts match one step, and are selected and
 * read once; where several steps look at one event name, their selections are laid over each other.
 */
import { blockRows } from '../../storage/segment/contract.ts'
import type { Selector as EventSelector } from '../filter/filter.ts'
import { RowBatch } from '../rows/batch.ts'
import { clearWords, orWords } from '../rows/bits.ts'
import type { Part } from '../rows/part.ts'
import type { Rows, Selection, Selector } from '../rows/select.ts'
import type { JoinedFrame } from '../scan/frames.ts'
import type { Marks } from './marks.ts'

export interface CollectOptions {
  readonly steps: readonly EventSelector[]
  /** Rows of each step: its filter, and the time range in which it may lie. */
  readonly rows: readonly Rows[]
  readonly selector: Selector
  readonly marks: Marks
  /** Time of mark 0. */
  readonly base: number
  /** First position of the pass. */
  readonly firstPosition: number
}

export class MarkCollector {
  readonly #options: CollectOptions
  readonly #batch = new RowBatch()
  readonly #masks = new Uint16Array(blockRows)

  constructor(options: CollectOptions) {
    this.#options = options
  }

  add(part: Part, frame: JoinedFrame): void {
    const { steps, selector, rows, marks } = this.#options
    const found: { step: number; selection: Selection }[] = []
    for (const [step, { events }] of steps.entries()) {
      if (events !== undefined && !events.has(part.event!)) continue
      const selection = selector.select(part, rows[step]!)
      // Strays are those of the last selection.
      if (selection !== undefined) found.push({ step, selection: selector.withoutStrays(part, selection) })
    }
    const [only] = found
    if (only !== undefined && found.length === 1) {
      this.#emit(part, only.selection, { frame, mask: 1 << only.step })
      selector.done(only.selection)
    } else if (found.length > 1) {
      marks.overlapping = true
      this.#emitOverlapping(part, frame, found)
    }
  }

  #emit(part: Part, selection: Selection, { frame, mask }: { frame: JoinedFrame; mask: number }): void {
    const { marks, base, firstPosition, steps } = this.#options
    const scale = 2 ** steps.length
    const each = ({ count, user, time }: RowBatch): void => {
      if (!marks.reserve(count)) return
      for (let i = 0; i < count; i++)
        marks.push(frame.position[user[i]!]! - firstPosition, (time[i]! - base) * scale + mask)
    }
    this.#batch.fill(part, selection, { users: true, times: true, each })
  }

  /** One pass over the union of the selections; the mask of a row is looked up in each of them. */
  #emitOverlapping(part: Part, frame: JoinedFrame, found: readonly { step: number; selection: Selection }[]): void {
    const { marks, base, firstPosition, steps, selector } = this.#options
    const scale = 2 ** steps.length
    const bitsOf = found.map(({ step, selection }) => ({ step, bits: selector.toRows(part, selection).rows! }))
    const union = selector.scratch.bits(part.end)
    clearWords(union, part.start, part.end)
    for (const { bits } of bitsOf) orWords(union, bits, part.start, part.end)
    const masks = this.#masks
    const each = ({ count, row, user, time }: RowBatch): void => {
      if (!marks.reserve(count)) return
      masks.fill(0, 0, count)
      for (const { step, bits } of bitsOf) {
        for (let i = 0; i < count; i++) masks[i] = masks[i]! | (((bits[row[i]! >>> 5]! >>> (row[i]! & 31)) & 1) << step)
      }
      for (let i = 0; i < count; i++)
        marks.push(frame.position[user[i]!]! - firstPosition, (time[i]! - base) * scale + masks[i]!)
    }
    this.#batch.fill(
      part,
      { users: undefined, strays: undefined, rows: union, copies: false },
      { users: true, times: true, each },
    )
    selector.scratch.release(union)
    for (const { bits } of bitsOf) selector.scratch.release(bits)
  }
}
