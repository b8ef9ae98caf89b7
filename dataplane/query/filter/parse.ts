/**
 * Reads filters and selectors of a query document into typed trees; refuses what the page does not
 * name, with its path. Depth and size are checked before anything is built, so no document can make
 * the reader overflow its stack.
 */
import type { Value, ValueType } from '../../schema/value.ts'
import { type Document, invalid, pathOf, strictObject } from '../request/invalid.ts'
import { parseTime } from '../time/calendar.ts'
import type { Zone } from '../time/zone.ts'
import type { Condition, Filter, Selector } from './filter.ts'
import { parseReference, type Reference } from './reference.ts'

const filterDepthMax = 32
const filterNodesMax = 1000
const inValuesMax = 10_000
/** Depth of a value in a condition; events carry values of at most a few levels. */
const valueDepthMax = 32

const operators = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'contains', 'set', 'type']
const types: readonly ValueType[] = ['null', 'boolean', 'number', 'string', 'list', 'object']

interface Reading {
  readonly zone: Zone
  nodes: number
}

/** `{ events?, where? }`. */
export function parseSelector(raw: unknown, path: string, zone: Zone): Selector {
  const { events, where } = strictObject(raw, path, ['events', 'where'])
  const names = events === undefined ? undefined : eventNames(events, pathOf(path, 'events'))
  return { events: names, where: where === undefined ? undefined : parseFilter(where, pathOf(path, 'where'), zone) }
}

function eventNames(raw: unknown, path: string): ReadonlySet<string> {
  if (!Array.isArray(raw) || raw.length === 0) invalid(path, raw, 'a list of at least one event name')
  for (const [i, name] of raw.entries()) {
    if (typeof name !== 'string') invalid(pathOf(path, i), name, 'an event name')
  }
  return new Set(raw as string[])
}

function parseFilter(raw: unknown, path: string, zone: Zone): Filter {
  return parseNode(raw, { path, depth: 1 }, { zone, nodes: 0 })
}

interface Place {
  readonly path: string
  readonly depth: number
}

function parseNode(raw: unknown, { path, depth }: Place, reading: Reading): Filter {
  if (depth > filterDepthMax) invalid(path, raw, `a tree of at most ${filterDepthMax} levels`)
  reading.nodes++
  if (reading.nodes > filterNodesMax) invalid(path, raw, `a tree of at most ${filterNodesMax} nodes`)
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) invalid(path, raw, 'a filter object')
  const node = raw as Document
  for (const kind of ['and', 'or'] as const) {
    if (node[kind] === undefined) continue
    strictObject(node, path, [kind])
    const parts = node[kind]
    if (!Array.isArray(parts)) invalid(pathOf(path, kind), parts, 'a list of filters')
    const below = pathOf(path, kind)
    return {
      kind,
      parts: parts.map((part, i) => parseNode(part, { path: pathOf(below, i), depth: depth + 1 }, reading)),
    }
  }
  if (node.not !== undefined) {
    strictObject(node, path, ['not'])
    return { kind: 'not', part: parseNode(node.not, { path: pathOf(path, 'not'), depth: depth + 1 }, reading) }
  }
  return parseLeaf(node, path, reading.zone)
}

function parseLeaf(node: Document, path: string, zone: Zone): Filter {
  const reference = parseReference(node, path, zone, ['op', 'value'])
  const { op, value } = node
  const at = pathOf(path, 'value')
  if (typeof op !== 'string' || !operators.includes(op))
    invalid(pathOf(path, 'op'), op, `one of ${operators.join(', ')}`)
  if (op === 'set') {
    if (value !== undefined) invalid(at, value, 'nothing: "set" takes no value')
    return { kind: 'leaf', reference, condition: { op } }
  }
  if (op === 'type') {
    if (!types.includes(value as ValueType)) invalid(at, value, `one of ${types.join(', ')}`)
    return { kind: 'leaf', reference, condition: { op, type: value as ValueType } }
  }
  if (op === 'in') {
    if (!Array.isArray(value) || value.length > inValuesMax)
      invalid(at, value, `a list of at most ${inValuesMax} values`)
    const values = value.map((entry, i) => operand(entry, pathOf(at, i), reference))
    return { kind: 'leaf', reference, condition: { op, values } }
  }
  if (op === 'contains') return { kind: 'leaf', reference, condition: { op, value: parseValue(value, at, 1) } }
  const wanted = operand(value, at, reference)
  if (op === 'ne') return { kind: 'not', part: { kind: 'leaf', reference, condition: { op: 'eq', value: wanted } } }
  return { kind: 'leaf', reference, condition: { op, value: wanted } as Condition }
}

/** A value to compare with; where the reference reads times, a string is one. */
function operand(raw: unknown, path: string, reference: Reference): Value {
  if (reference.timeIn === undefined || typeof raw !== 'string') return parseValue(raw, path, 1)
  return (
    parseTime(raw, reference.timeIn) ?? invalid(path, raw, 'a number of ms or a time, such as 2026-03-29T12:00:00Z')
  )
}

function parseValue(raw: unknown, path: string, depth: number): Value {
  if (depth > valueDepthMax) invalid(path, raw, `a value of at most ${valueDepthMax} levels`)
  if (raw === null || typeof raw === 'boolean' || typeof raw === 'string') return raw
  if (typeof raw === 'number') {
    if (!Number.isFinite(raw)) invalid(path, String(raw), 'a finite number')
    return raw === 0 ? 0 : raw
  }
  if (Array.isArray(raw)) return raw.map((element, i) => parseValue(element, pathOf(path, i), depth + 1))
  if (typeof raw !== 'object') invalid(path, raw, 'a JSON value')
  const value: Record<string, Value> = Object.create(null)
  for (const [key, entry] of Object.entries(raw)) value[key] = parseValue(entry, pathOf(path, key), depth + 1)
  return value
}
