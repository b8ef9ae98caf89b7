/** Names that nobody else has: random bytes as text. */
import { Buffer } from 'node:buffer'
import type { Random } from './ports.ts'

/** `bytes` random bytes in hex, two digits each. */
export function randomHex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex')
}
