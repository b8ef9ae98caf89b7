/** Offset vectors as messages. */
import type { OffsetVector as VectorMessage } from '../../proto/generated/anabranch/v1/common.ts'
import type { OffsetVector } from '../schema/event.ts'

export function vectorToMessage({ generation, next }: OffsetVector): VectorMessage {
  return { generation, next: [...next].map(([partition, offset]) => ({ partition, offset })) }
}

/** An absent message is the vector before everything. */
export function vectorFromMessage(message: VectorMessage | undefined): OffsetVector {
  const next = message?.next.map(({ partition, offset }): [number, number] => [partition, offset])
  return { generation: message?.generation ?? 1, next: new Map(next) }
}
