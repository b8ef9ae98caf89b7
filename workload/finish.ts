/**
 * From a draft to a chunk: puts the rows in arrival order and spells out all seventeen properties.
 */
import type { Value } from '../dataplane/schema/value.ts'
import type { PropertyLevel, WorkloadChunk, WorkloadProperty } from './chunk.ts'
import type { Draft, Session } from './draft.ts'
import { sessionId } from './population.ts'
import type { Run } from './shape.ts'
import * as vocabulary from './vocabulary.ts'

/** `start` = rows before this chunk. */
export function finishChunk(draft: Draft, run: Run, start: number): WorkloadChunk {
  const order = arrivalOrder(draft)
  const { rows, sessions } = draft
  const user = new Uint32Array(rows)
  const event = new Uint16Array(rows)
  const copy = new Uint8Array(rows)
  const time = new Float64Array(rows)
  const arrival = new Float64Array(rows)
  const words = new Uint32Array(rows * 4)
  const sessionUser = Uint32Array.from(sessions, (session) => session.user)
  for (let i = 0; i < rows; i++) {
    const row = order[i]
    user[i] = sessionUser[draft.session[row]]
    event[i] = draft.event[row]
    copy[i] = draft.copy[row]
    time[i] = draft.time[row]
    arrival[i] = draft.arrival[row]
    for (let k = 0; k < 4; k++) words[i * 4 + k] = draft.insertId[row * 4 + k]
  }
  const insertIds = new Uint8Array(words.buffer)
  for (let at = 0; at < insertIds.length; at += 16) {
    insertIds[at + 6] = (insertIds[at + 6] & 0x0f) | 0x40
    insertIds[at + 8] = (insertIds[at + 8] & 0x3f) | 0x80
  }
  const properties = makeProperties({ draft, run, order, user })
  return { seed: run.seed, start, rows, event, user, time, arrival, insertIds, copy, properties }
}

/** Row numbers by (arrival, order of making): a counting sort by second, then each second's few rows by insertion. */
function arrivalOrder({ rows, arrival }: Draft): Uint32Array {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (let i = 0; i < rows; i++) {
    if (arrival[i] < first) first = arrival[i]
    if (arrival[i] > last) last = arrival[i]
  }
  const place = new Uint32Array(Math.floor((last - first) / 1000) + 2)
  for (let i = 0; i < rows; i++) place[Math.floor((arrival[i] - first) / 1000) + 1]++
  for (let second = 1; second < place.length; second++) place[second] += place[second - 1]
  const order = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) order[place[Math.floor((arrival[i] - first) / 1000)]++] = i
  for (let i = 1; i < rows; i++) {
    const row = order[i]
    const moment = arrival[row]
    let at = i
    for (; at > 0 && arrival[order[at - 1]] > moment; at--) order[at] = order[at - 1]
    order[at] = row
  }
  return order
}

interface Rows {
  readonly draft: Draft
  readonly run: Run
  readonly order: Uint32Array
  readonly user: Uint32Array
}

function makeProperties(rows: Rows): WorkloadProperty[] {
  const { draft, run } = rows
  const { population } = run
  const ids = sessionIds(draft.sessions, run.seed)
  return [
    ofUser(rows, 'country', vocabulary.countries, population.country),
    ofUser(rows, 'city', vocabulary.cities, population.city),
    ofUser(rows, 'plan', vocabulary.plans, population.plan),
    ofUser(rows, 'signup_cohort', vocabulary.cohorts, population.cohort),
    ofUser(rows, 'language', vocabulary.languages, population.language),
    ofUser(rows, 'ab_group', vocabulary.groups, population.group),
    ofSession(rows, 'browser', vocabulary.browsers, (session) => session.browser),
    ofSession(rows, 'os', vocabulary.systems, (session) => session.system),
    ofSession(rows, 'device', vocabulary.devices, (session) => session.device),
    ofSession(rows, 'session_id', ids.dictionary, (_, i) => ids.index[i]),
    ofSession(rows, 'referrer', vocabulary.referrers, (session) => session.referrer),
    ofEvent(rows, 'url', vocabulary.urls, draft.url),
    numberOf(rows, 'duration_ms', draft.durationMs, 1),
    numberOf(rows, 'amount', draft.cents, 100),
    ofEvent(rows, 'is_new', [false, true], draft.isNew),
    buildProperty(rows),
    ofEvent(rows, 'items', vocabulary.itemLists, draft.items),
  ]
}

/** Distinct ids of the chunk's sessions (a carried copy may bring a session twice), and each session's index. */
function sessionIds(sessions: readonly Session[], seed: number): { dictionary: string[]; index: Uint32Array } {
  const known = new Map<number, number>()
  const dictionary: string[] = []
  const index = Uint32Array.from(sessions, ({ ordinal }) => {
    const seen = known.get(ordinal)
    if (seen !== undefined) return seen
    known.set(ordinal, dictionary.length)
    return dictionary.push(sessionId(seed, ordinal)) - 1
  })
  return { dictionary, index }
}

function property(name: string, level: PropertyLevel, columns: Omit<WorkloadProperty, 'name' | 'level'>) {
  return { name, level, ...columns }
}

function ofUser({ user }: Rows, name: string, dictionary: readonly Value[], of: Uint16Array): WorkloadProperty {
  const codes = new Uint32Array(user.length)
  for (let i = 0; i < codes.length; i++) codes[i] = of[user[i]] + 2
  return property(name, 'user', { dictionary, codes, numbers: undefined })
}

type SessionValue = (session: Session, index: number) => number

/** -1 = missing. */
function ofSession({ draft, order }: Rows, name: string, dictionary: readonly Value[], value: SessionValue) {
  const bySession = Uint32Array.from(draft.sessions, (session, i) => codeOf(value(session, i)))
  const codes = new Uint32Array(order.length)
  for (let i = 0; i < codes.length; i++) codes[i] = bySession[draft.session[order[i]]]
  return property(name, 'session', { dictionary, codes, numbers: undefined })
}

type Ints = Uint8Array | Uint16Array | Int16Array | Int32Array

/** -1 = missing. */
function ofEvent({ order }: Rows, name: string, dictionary: readonly Value[], index: Ints): WorkloadProperty {
  const codes = new Uint32Array(order.length)
  for (let i = 0; i < codes.length; i++) codes[i] = codeOf(index[order[i]])
  return property(name, 'event', { dictionary, codes, numbers: undefined })
}

/** Numbers `value / divisor`; -1 = missing. */
function numberOf({ order }: Rows, name: string, value: Ints, divisor: number): WorkloadProperty {
  const codes = new Uint32Array(order.length)
  const numbers = new Float64Array(order.length)
  for (let i = 0; i < codes.length; i++) {
    const number = value[order[i]]
    if (number < 0) continue
    codes[i] = 1
    numbers[i] = number / divisor
  }
  return property(name, 'event', { dictionary: [], codes, numbers })
}

/** The property whose type conflicts: 1000 and above are numbers, below are strings. */
function buildProperty({ draft, order }: Rows): WorkloadProperty {
  const codes = new Uint32Array(order.length)
  const numbers = new Float64Array(order.length)
  for (let i = 0; i < codes.length; i++) {
    const build = draft.build[order[i]]
    codes[i] = build >= 1000 ? 1 : codeOf(build)
    if (build >= 1000) numbers[i] = build
  }
  return property('build', 'event', { dictionary: vocabulary.buildNames, codes, numbers })
}

function codeOf(index: number): number {
  return index < 0 ? 0 : index + 2
}
