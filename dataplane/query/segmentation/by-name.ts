/**
 * The segmentations that are asked most, totals and uniques of all events or by event name, over parts
 * that are whole names: a number or a bitmap per name comes straight from the stripe's runs of users.
 */
import type { SegmentationRequest } from '../request/request.ts'
import { type Part, partOfName } from '../rows/part.ts'
import { countByName } from '../rows/runs.ts'
import type { Selection } from '../rows/select.ts'
import type { JoinedFrame } from '../scan/frames.ts'
import { positionMask } from '../users/join.ts'
import type { Cells } from './cells.ts'
import type { KeyColumns } from './columns.ts'
import type { Groups } from './groups.ts'
import { missingKey } from './keys.ts'

export interface ByNameOptions {
  readonly request: SegmentationRequest
  readonly columns: readonly KeyColumns[]
  readonly groups: Groups
  readonly cells: Cells
}

export class ByName {
  readonly #options: ByNameOptions
  /** Group by event name, once an event was taken. */
  readonly #groupOf = new Map<string, number>()
  #ones = new Uint8Array(0)
  #frame: JoinedFrame | undefined
  #bitOf: Uint32Array = new Uint32Array(0)

  constructor(options: ByNameOptions) {
    this.#options = options
  }

  /** Whether the request is one that is answered here. */
  static answers({ measure, breakdown }: SegmentationRequest): boolean {
    if (measure.kind !== 'total' && measure.kind !== 'unique') return false
    return breakdown.length === 0 || (breakdown.length === 1 && isEventName(breakdown[0]!))
  }

  /** Whether a part is one; what was selected of it must not be rows. */
  takes(part: Part, selection: Selection): boolean {
    return selection.rows === undefined && this.mayTake(part)
  }

  /** Whether it takes what is selected of the part by users, strays or ranks. */
  mayTake(part: Part): boolean {
    return part.names !== undefined
  }

  add(part: Part, selection: Selection, { frame, bucket }: { frame: JoinedFrame; bucket: number }): void {
    if (this.#options.cells.countsUsers) this.#addUsers(part, selection, { frame, bucket })
    else this.#addCounts(part, selection, bucket)
  }

  #addCounts(part: Part, selection: Selection, bucket: number): void {
    const { cells } = this.#options
    const { events } = part.stripe.entry
    const first = part.names!.first
    const counts = countByName(part, selection)
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue
      const group = this.#group(part, first + i, events[first + i]!)
      if (group >= 0) cells.addRows(group, bucket, counts[i]!)
    }
  }

  #addUsers(
    part: Part,
    { users, strays, ranks }: Selection,
    { frame, bucket }: { frame: JoinedFrame; bucket: number },
  ): void {
    const { cells } = this.#options
    const { stripe } = part
    const { events } = stripe.entry
    const passing = users ?? this.#all(frame.users)
    const bitOf = this.#bits(frame)
    for (let name = part.names!.first; name < part.names!.last; name++) {
      const known = this.#groupOf.get(events[name]!)
      if (known !== undefined && known < 0) continue
      const bits = known === undefined ? cells.spareBitmap() : cells.bitmap(known, bucket)
      const into = { bitOf, bits }
      let rows: number
      if (strays !== undefined) rows = stripe.takeWithStrays(name, { passing, strays, into })
      else if (ranks !== undefined) rows = stripe.takeByRanks(name, { passing, ranks, into })
      else rows = stripe.collectUsers(name, { passing, ...into })
      if (rows === 0) continue
      const group = known ?? this.#group(part, name, events[name]!)
      if (group < 0) continue
      cells.addEvents(group, rows)
      if (known === undefined) cells.addBitmap(group, bucket, bits)
    }
  }

  /** Group of an event, made when it is new; negative: none of the pass. */
  #group({ frame, stripe }: Part, name: number, event: string): number {
    const known = this.#groupOf.get(event)
    if (known !== undefined) return known
    const { groups, cells, columns } = this.#options
    const [column] = columns
    let key = missingKey
    if (column !== undefined) {
      const found = column.of(partOfName(frame, stripe, name))
      if (found.kind === 'constant') key = found.key
    }
    const group = groups.of(key, missingKey)
    // What did not fit in the groups of this pass is not remembered: the pass is done with.
    if (groups.overflowed) return group
    if (group >= 0) cells.grow(groups.count + 1)
    this.#groupOf.set(event, group)
    return group
  }

  #all(users: number): Uint8Array {
    if (this.#ones.length < users) this.#ones = new Uint8Array(users).fill(1)
    return this.#ones
  }

  /** Bits of the slice's users; rows without a user have one that nobody counts. */
  #bits(frame: JoinedFrame): Uint32Array {
    if (this.#frame === frame) return this.#bitOf
    const { firstPosition, unusedBit } = this.#options.cells
    const { position, userless } = frame
    this.#frame = frame
    if (firstPosition === 0 && !userless) this.#bitOf = position
    else {
      const bitOf = new Uint32Array(position.length)
      for (let user = 0; user < position.length; user++) {
        const at = position[user]!
        const bit = at > positionMask ? unusedBit : at - firstPosition
        // Users of other passes do not pass, so theirs is never set.
        bitOf[user] = bit >= 0 && bit < unusedBit ? bit : unusedBit
      }
      this.#bitOf = bitOf
    }
    return this.#bitOf
  }
}

function isEventName(reference: SegmentationRequest['breakdown'][number]): boolean {
  return reference.kind === 'field' && reference.field === 'event'
}
