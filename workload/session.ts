/**
 * One session of the canonical workload: who, when, on which device, and its events.
 */
import { addCopy, addRow, carry, type Draft, type RowValues, type Session } from './draft.ts'
import { mix32, type Prng } from './prng.ts'
import { dayMs, type Run, workloadDays, workloadEnd, workloadStart } from './shape.ts'
import * as vocabulary from './vocabulary.ts'
import { choose, geometric, longTail, type WeightedTable, weightedTable, zipf } from './weights.ts'

/** Chances, of 2^32. */
const chance = {
  hotUser: share(0.01),
  late: share(0.02),
  otherDevice: share(0.15),
  otherBrowser: share(0.1),
  direct: share(0.3),
  tie: share(0.04),
  copy: share(0.01 / 0.99),
  isNew: share(0.3),
  build: share(0.1),
  buildName: share(0.3),
}

export interface Tables {
  readonly event: WeightedTable
  readonly url: WeightedTable
  readonly length: WeightedTable
  readonly referrer: WeightedTable
  readonly device: WeightedTable
  /** By device class. */
  readonly system: readonly WeightedTable[]
  /** By system. */
  readonly browser: readonly WeightedTable[]
}

export function makeTables(): Tables {
  return {
    event: weightedTable(zipf(vocabulary.eventNames.length)),
    url: weightedTable(longTail(vocabulary.urls.length), 20),
    length: weightedTable(geometric(10, 120)),
    referrer: weightedTable(zipf(vocabulary.referrers.length)),
    device: weightedTable([60, 34, 6]),
    system: [
      [62, 38],
      [0, 0, 60, 28, 8, 4],
      [40, 60],
    ].map((weights) => weightedTable(weights)),
    browser: [
      [70, 0, 2, 2, 12, 4, 10],
      [14, 70, 0, 2, 0, 0, 14],
      [62, 0, 26, 10, 0, 2],
      [46, 44, 2, 8],
      [56, 0, 0, 44],
      [100],
    ].map((weights) => weightedTable(weights)),
  }
}

/** Adds a session that arrives on `day`: at least one row, as many as there is room for. */
export function addSession(draft: Draft, run: Run, day: number): void {
  const { prng, tables } = run
  const dayStart = workloadStart + day * dayMs
  const late = prng.word() < chance.late
  const sent = late ? Math.floor(dayStart + prng.unit() * (dayMs - 1000)) : 0
  let time = late ? lateStart(sent, prng) : Math.floor(dayStart + ((prng.unit() + prng.unit()) / 2) * dayMs)
  draft.sessions.push(drawSession(run))
  const length = choose(tables.length, prng) + 1
  for (let i = 0; i < length && draft.rows < draft.capacity; i++) {
    const arrival = late ? sent + i : time + skewed(prng, 2, 10_000)
    addRow(draft, drawRow(run, time, arrival), prng)
    if (prng.word() < chance.copy) repeat(draft, run, day)
    if (prng.word() >= chance.tie) time += 1 + skewed(prng, 3, 180_000)
    if (time >= workloadEnd) break
  }
}

/** The time of a session that was kept on the device until `sent`: hours to 30 days before, never before the workload. */
function lateStart(sent: number, prng: Prng): number {
  const time = sent - 3_600_000 - skewed(prng, 3, 30 * dayMs)
  return time >= workloadStart ? time : Math.floor(workloadStart + prng.unit() * (sent - workloadStart))
}

function drawSession(run: Run): Session {
  const { prng, tables, population } = run
  const hot = prng.word() < chance.hotUser
  const user = hot ? 0 : skewed(prng, 2, population.count)
  const device = prng.word() < chance.otherDevice ? choose(tables.device, prng) : population.device[user]
  const system = usual(tables.system[device], user * 8 + device)
  const browserTable = tables.browser[system]
  const other = prng.word() < chance.otherBrowser
  const browser = other ? choose(browserTable, prng) : usual(browserTable, user * 64 + system * 8 + 5)
  const referrer = prng.word() < chance.direct ? -1 : choose(tables.referrer, prng)
  return { ordinal: run.sessions++, user, device, system, browser, referrer }
}

function drawRow(run: Run, time: number, arrival: number): RowValues {
  const { prng, tables } = run
  const event = choose(tables.event, prng)
  return {
    event,
    time,
    arrival,
    url: choose(tables.url, prng),
    durationMs: prng.below(60_000),
    cents: vocabulary.amountEvents.has(event) ? 99 + skewed(prng, 3, 50_000) : -1,
    isNew: prng.word() < chance.isNew ? 1 : 0,
    build: prng.word() < chance.build ? drawBuild(prng) : -1,
    items: vocabulary.itemsEvents.has(event) ? prng.below(vocabulary.itemLists.length) : -1,
  }
}

function drawBuild(prng: Prng): number {
  const index = prng.below(vocabulary.buildNames.length)
  return prng.word() < chance.buildName ? index : 1000 + index
}

/** Copies the draft's last row: soon after, with another time of the same UTC day, or days later. */
function repeat(draft: Draft, run: Run, day: number): void {
  const { prng } = run
  const row = draft.rows - 1
  const time = draft.time[row]
  const kind = prng.below(10)
  const later = day + 1 + prng.below(10)
  if (kind >= 8 && later < workloadDays) {
    const arrival = Math.floor(workloadStart + (later + prng.unit()) * dayMs)
    run.carried[later].push(carry(draft, row, arrival))
  } else if (draft.rows === draft.capacity) {
    return
  } else if (kind >= 6) {
    const dayStart = Math.floor(time / dayMs) * dayMs
    const moved = Math.min(Math.max(time + prng.below(1_200_000) - 600_000, dayStart), dayStart + dayMs - 1)
    addCopy(draft, row, { time: moved, arrival: draft.arrival[row] + 1 + prng.below(1_000_000) * 10 })
  } else {
    addCopy(draft, row, { time, arrival: draft.arrival[row] + 1000 + prng.below(60_000) })
  }
}

/** The choice that a user always makes: a function of the key alone. */
function usual(table: WeightedTable, key: number): number {
  return table.slots[mix32(key) >>> table.shift]
}

/** An integer in 0 .. n - 1, small ones more often: n u^power. */
function skewed(prng: Prng, power: 2 | 3, n: number): number {
  const u = prng.unit()
  return Math.floor((power === 2 ? u * u : u * u * u) * n)
}

function share(part: number): number {
  return Math.round(part * 4294967296)
}
