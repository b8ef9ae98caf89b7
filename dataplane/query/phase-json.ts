/**
 * Phases and partials as JSON: what travels between a query pod and a replica.
 *
 * JSON has no `undefined`: a part of a key is `[value]`, and `[]` where it is missing. Numbers are finite
 * doubles, which JSON keeps exactly. What comes in is checked for its shape as far as a wrong one could
 * become a wrong answer; values of keys are taken as they are.
 *
 * Does not: compress, or stream: a partial is bounded by the limits of its query.
 */
import { corrupt } from '../../common/errors/errors.ts'
import type { Value } from '../schema/value.ts'
import type { Partials, Phase, PhaseOf } from './phases.ts'
import type { CellRow } from './segmentation/cells.ts'
import type { Key } from './segmentation/groups.ts'
import type { KeyPartition } from './segmentation/keys.ts'
import type { SegmentationPartial } from './segmentation/partial.ts'
import type { SumState } from './sums/exact.ts'

type Json = Readonly<Record<string, unknown>>

export function phaseToJson(phase: Phase): unknown {
  return phase.kind === 'fixed' ? { kind: phase.kind, keys: phase.keys.map(keyToJson) } : phase
}

/** Throws `CorruptError` `MESSAGE_CORRUPT`; `object` is for its message. */
export function phaseFromJson(json: unknown, object: string): Phase {
  const message = new Message(object)
  const phase = message.record(json, 'phase')
  switch (phase.kind) {
    case 'funnel':
    case 'retention':
    case 'groups':
      return { kind: phase.kind }
    case 'counts':
      return { kind: 'counts', partitions: message.list(phase.partitions, 'partitions').map(message.partition) }
    case 'fixed':
      return { kind: 'fixed', keys: message.list(phase.keys, 'keys').map(message.key) }
    default:
      return message.refuse('phase', phase.kind, 'a phase of a query')
  }
}

export function partialToJson<Kind extends Phase['kind']>(_phase: PhaseOf<Kind>, partial: Partials[Kind]): unknown {
  if ('groups' in partial) {
    const { groups, other, overall } = partial
    return { groups: groups.map(({ key, row }) => ({ key: keyToJson(key), row })), other, overall }
  }
  if (!Array.isArray(partial)) return partial
  return partial.map((entry) => ('key' in entry ? { key: keyToJson(entry.key), events: entry.events } : entry))
}

/** Throws `CorruptError` `MESSAGE_CORRUPT`. */
export function partialFromJson<Kind extends Phase['kind']>(
  phase: PhaseOf<Kind>,
  json: unknown,
  object: string,
): Partials[Kind] {
  return readPartial(phase, json, new Message(object)) as Partials[Kind]
}

function readPartial(phase: Phase, json: unknown, message: Message): Partials[Phase['kind']] {
  switch (phase.kind) {
    case 'funnel':
      return { users: message.numbers(message.record(json, 'funnel').users, 'users') }
    case 'retention':
      return message.list(json, 'cohorts').map((entry) => {
        const { users, retained } = message.record(entry, 'cohort')
        return { users: message.number(users, 'users'), retained: message.numbers(retained, 'retained') }
      })
    case 'groups':
      return message.record(json, 'groups').tooMany === true ? { tooMany: true } : message.segmentation(json)
    case 'fixed':
      return message.segmentation(json)
    case 'counts': {
      if (!Array.isArray(json)) {
        return { reference: message.number(message.record(json, 'counts').reference, 'reference') }
      }
      return json.map((entry: unknown) => {
        const { key, events } = message.record(entry, 'count')
        return { key: message.key(key), events: message.number(events, 'events') }
      })
    }
  }
}

const keyToJson = (key: Key) => key.map((value) => (value === undefined ? [] : [value]))

/** Reads the parts of one message. */
class Message {
  readonly #object: string

  constructor(object: string) {
    this.#object = object
  }

  refuse(what: string, got: unknown, want: string): never {
    return corrupt({ code: 'MESSAGE_CORRUPT', object: this.#object, what, got: typeof got, want })
  }

  record(json: unknown, what: string): Json {
    const isRecord = typeof json === 'object' && json !== null && !Array.isArray(json)
    return isRecord ? (json as Json) : this.refuse(what, json, 'an object')
  }

  list(json: unknown, what: string): readonly unknown[] {
    return Array.isArray(json) ? json : this.refuse(what, json, 'a list')
  }

  number(json: unknown, what: string): number {
    return typeof json === 'number' ? json : this.refuse(what, json, 'a number')
  }

  numbers(json: unknown, what: string): readonly number[] {
    const list = this.list(json, what)
    return list.every((entry) => typeof entry === 'number')
      ? (list as number[])
      : this.refuse(what, json, 'a list of numbers')
  }

  readonly key = (json: unknown): Key => {
    return this.list(json, 'key').map((part) => this.list(part, 'part of a key')[0] as Value | undefined)
  }

  readonly partition = (json: unknown): KeyPartition => {
    const { index, count } = this.record(json, 'partition')
    return { index: this.number(index, 'index'), count: this.number(count, 'count') }
  }

  segmentation(json: unknown): SegmentationPartial {
    const { groups, other, overall } = this.record(json, 'segmentation')
    return {
      groups: this.list(groups, 'groups').map((entry) => {
        const { key, row } = this.record(entry, 'group')
        return { key: this.key(key), row: this.#row(row) }
      }),
      other: other === undefined ? undefined : this.#row(other),
      overall: this.#row(overall),
    }
  }

  #row(json: unknown): CellRow {
    const row = this.record(json, 'row')
    this.number(row.events, 'events')
    if (row.usersTotal !== undefined) this.number(row.usersTotal, 'usersTotal')
    for (const name of ['counts', 'users', 'numbers']) if (row[name] !== undefined) this.numbers(row[name], name)
    if (row.sums !== undefined) for (const sum of this.list(row.sums, 'sums')) this.#sum(sum)
    if (row.extremes !== undefined) {
      for (const value of this.list(row.extremes, 'extremes')) if (value !== null) this.number(value, 'extremes')
    }
    return row as unknown as CellRow
  }

  #sum(json: unknown): SumState {
    const { high, low, limbs } = this.record(json, 'sum')
    this.number(high, 'high')
    this.number(low, 'low')
    if (limbs !== undefined) this.numbers(limbs, 'limbs')
    return json as SumState
  }
}
