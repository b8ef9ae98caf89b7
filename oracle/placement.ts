/** `h` of an event (ADR 0002), for the order of an export: xxHash32 as its specification words it, over plain numbers. */
import type { SentEvent } from './event.ts'

const primes = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1]

export function placementHash(event: SentEvent): number {
  const seed = xxHash32(Buffer.from(event.project, 'utf8'), 0)
  return xxHash32(Buffer.from(event.distinct_id === '' ? event.insert_id : event.distinct_id, 'utf8'), seed)
}

/** xxHash32 of the bytes, unsigned. */
export function xxHash32(bytes: Buffer, seed: number): number {
  let at = 0
  let sum: number
  if (bytes.length >= 16) {
    const lanes = [seed + primes[0] + primes[1], seed + primes[1], seed, seed - primes[0]]
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane++) lanes[lane] = round(lanes[lane], bytes.readUInt32LE(at + 4 * lane))
    }
    sum = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18)
  } else {
    sum = seed + primes[4]
  }
  sum = (sum + bytes.length) >>> 0
  for (; at + 4 <= bytes.length; at += 4) {
    sum = Math.imul(rotate(sum + Math.imul(bytes.readUInt32LE(at), primes[2]), 17), primes[3]) >>> 0
  }
  for (; at < bytes.length; at++) sum = Math.imul(rotate(sum + Math.imul(bytes[at], primes[4]), 11), primes[0]) >>> 0
  sum = Math.imul(sum ^ (sum >>> 15), primes[1]) >>> 0
  sum = Math.imul(sum ^ (sum >>> 13), primes[2]) >>> 0
  return (sum ^ (sum >>> 16)) >>> 0
}

function round(lane: number, input: number): number {
  return Math.imul(rotate(lane + Math.imul(input, primes[1]), 13), primes[0]) >>> 0
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | ((value >>> 0) >>> (32 - bits))) >>> 0
}
