/**
 * Lists and objects as property values: bounded in depth, entries and bytes, copied into values of
 * our own (no prototype, -0 as 0, strings cut), never converted.
 *
 * A body can nest a million lists in a megabyte, so depth and size are checked while walking, before
 * anything is built from them.
 */
import { Buffer } from 'node:buffer'
import { emptyProperties } from '../schema/properties.ts'
import type { Value } from '../schema/value.ts'
import { eventLimits } from './limits.ts'
import { describe, refuse } from './refusal.ts'
import { cutText, mayBeCut, refuseAmbiguous, refuseUnicode } from './text.ts'

export interface Nested {
  readonly value: Value
  /** Length as compact JSON in UTF-8. */
  readonly bytes: number
}

/** Checks and copies the list or object `raw` of the property at `field`. Throws a `Refusal`. */
export function nestedValue(raw: object, field: string): Nested {
  const walk: Walk = { bytesMin: 0, path: [field] }
  const value = copy(raw, walk, 0)
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes > eventLimits.nestedBytesMax) refuseLarge(field)
  return { value, bytes }
}

interface Walk {
  /** A lower bound of the JSON's length so far, so that a huge value is left early. */
  bytesMin: number
  readonly path: (string | number)[]
}

function copy(raw: unknown, walk: Walk, depth: number): Value {
  // A scalar takes a byte, and a comma or a bracket.
  walk.bytesMin += typeof raw === 'string' ? 3 : 2
  if (walk.bytesMin > eventLimits.nestedBytesMax) refuseLarge(String(walk.path[0]))
  if (typeof raw === 'string') {
    const text = cutText(raw) ?? refuseUnicode(fieldOf(walk))
    walk.bytesMin += text.length
    return text
  }
  if (typeof raw === 'number') return Number.isFinite(raw) ? storedNumber(raw) : refuseNumber(raw, fieldOf(walk))
  if (typeof raw === 'boolean' || raw === null) return raw
  if (typeof raw !== 'object') refuse(fieldOf(walk), 'type', `got ${describe(raw)}, want JSON`)
  if (depth === eventLimits.depthMax) {
    refuse(fieldOf(walk), 'too_deep', `want at most ${eventLimits.depthMax} lists and objects inside each other`)
  }
  return Array.isArray(raw) ? copyList(raw, walk, depth) : copyObject(raw as Record<string, unknown>, walk, depth)
}

function copyList(raw: readonly unknown[], walk: Walk, depth: number): Value {
  if (raw.length > eventLimits.entriesMax) refuseMany(raw.length, 'elements', walk)
  const list: Value[] = []
  for (let index = 0; index < raw.length; index++) {
    walk.path.push(index)
    list.push(copy(raw[index], walk, depth + 1))
    walk.path.pop()
  }
  return list
}

function copyObject(raw: Record<string, unknown>, walk: Walk, depth: number): Value {
  const keys = Object.keys(raw)
  if (keys.length > eventLimits.entriesMax) refuseMany(keys.length, 'keys', walk)
  const object = emptyProperties()
  for (const key of keys) {
    walk.path.push(key)
    walk.bytesMin += key.length
    const name = cutText(key) ?? refuseUnicode(fieldOf(walk))
    if (mayBeCut(name) && name in object) refuseAmbiguous(fieldOf(walk))
    object[name] = copy(raw[key], walk, depth + 1)
    walk.path.pop()
  }
  return object
}

/** A finite number as it is stored: -0 is 0. */
export function storedNumber(raw: number): number {
  return raw === 0 ? 0 : raw
}

/** Always throws. */
export function refuseNumber(raw: number, field: string): never {
  refuse(field, 'number', `got ${raw}, want a finite number`)
}

function refuseMany(got: number, what: string, walk: Walk): never {
  refuse(fieldOf(walk), 'too_many', `got ${got} ${what}, want at most ${eventLimits.entriesMax}`)
}

function refuseLarge(field: string): never {
  refuse(field, 'too_large', `want at most ${eventLimits.nestedBytesMax} bytes of JSON in a list or an object`)
}

function fieldOf({ path }: Walk): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('')
}
