/**
 * The other direction of `pack.ts`, made for speed: scans spend their time here.
 *
 * Groups of 32 values go through loops that are unrolled per width (generated); a ragged start or end
 * through one loop for all widths with two words in hand.
 */
import { unpack1To8 } from './unpack-1-8.ts'
import { unpack9To16 } from './unpack-9-16.ts'
import { unpack17To24 } from './unpack-17-24.ts'
import { unpack25To31 } from './unpack-25-31.ts'

/** What lies packed: `width` bits a value from word `at` of `words`. */
export interface Packed {
  readonly words: Uint32Array
  readonly at: number
  readonly width: number
  /** Added to each value. */
  readonly base: number
}

/** Unpacks `groups` times 32 values from word `first` into `out[start ..]`, adding `base`. */
export type UnpackKernel = (
  words: Uint32Array,
  first: number,
  groups: number,
  base: number,
  out: Uint32Array,
  start: number,
) => void

const kernels: readonly UnpackKernel[] = [...unpack1To8, ...unpack9To16, ...unpack17To24, ...unpack25To31]

/** Decodes values `[from, from + count)` of `packed` into `out[outAt ..]`. */
export function unpackBits(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { width, base } = packed
  if (width === 0) {
    out.fill(base, outAt, outAt + count)
    return
  }
  if (width === 32) {
    unpackWhole(packed, from, count, out, outAt)
    return
  }
  const ragged = Math.min(count, (32 - (from & 31)) & 31)
  if (ragged > 0) unpackAny(packed, from, ragged, out, outAt)
  const groups = (count - ragged) >>> 5
  const first = packed.at + ((from + ragged) >>> 5) * width
  kernels[width - 1](packed.words, first, groups, base, out, outAt + ragged)
  const done = ragged + groups * 32
  if (done < count) unpackAny(packed, from + done, count - done, out, outAt + done)
}

function unpackWhole(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { words, at, base } = packed
  const first = at + from
  for (let i = 0; i < count; i++) out[outAt + i] = words[first + i] + base
}

function unpackAny(packed: Packed, from: number, count: number, out: Uint32Array, outAt: number): void {
  const { words, at, width, base } = packed
  const mask = 0xffffffff >>> (32 - width)
  const last = words.length - 1
  let word = at + Math.floor((from * width) / 32)
  let bit = (from * width) & 31
  const end = outAt + count
  let low = words[word]
  for (let i = outAt; i < end; i++) {
    let value = low >>> bit
    bit += width
    if (bit >= 32) {
      bit -= 32
      // After the last value there may be no next word, and reading past an array is slow.
      if (word < last) low = words[++word]
      // Shifting by 32 would be no shift at all, so an exact end adds nothing by itself.
      if (bit > 0) value |= low << (width - bit)
    }
    out[i] = (value & mask) + base
  }
}
