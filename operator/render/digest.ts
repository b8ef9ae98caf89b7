/** A short name for a text: 32 hexadecimal digits of its hash. Equal texts, equal names; not for secrets. */
import { murmur128 } from '../../common/hash/murmur128.ts'

export function digestOf(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const words = new Uint32Array(4)
  murmur128(bytes, 0, bytes.length, 0, words)
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}
