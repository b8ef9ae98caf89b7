/** Entropy from the operating system. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../core/ports.ts'

export const realRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
}
