/** The shape of every answer (docs/reference/queries.md). */
import { unavailable } from '../../common/errors/errors.ts'
import type { Cost } from './cost.ts'
import type { ShardView } from './view.ts'

export interface Answer<Result = unknown> {
  readonly result: Result
  readonly at: AnsweredAt
  /** Rows before `at` that are not decided yet and are left out. */
  readonly pending: number
  readonly cost: Cost
}

/** The offset vector that an answer reflects, as JSON. */
export interface AnsweredAt {
  readonly generation: number
  /** Next offset by partition. */
  readonly next: Readonly<Record<string, number>>
}

/**
 * The one offset vector of all views. Throws `OFFSET_UNAVAILABLE` when two views of one partition
 * stand at different offsets: their answers would not be of one moment.
 */
export function answeredAt(views: readonly ShardView[]): AnsweredAt {
  const next = new Map<number, number>()
  const generation = views[0]?.at.generation ?? 1
  for (const { at } of views) {
    if (at.generation !== generation) {
      unavailable('OFFSET_UNAVAILABLE', `shards stand at generations ${generation} and ${at.generation}`)
    }
    for (const [partition, offset] of at.next) {
      const known = next.get(partition)
      if (known !== undefined && known !== offset) {
        unavailable('OFFSET_UNAVAILABLE', `shards stand at offsets ${known} and ${offset} of partition ${partition}`)
      }
      next.set(partition, offset)
    }
  }
  return { generation, next: Object.fromEntries([...next].sort(([a], [b]) => a - b)) }
}
