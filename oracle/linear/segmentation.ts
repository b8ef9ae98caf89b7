/** Segmentation in one pass: the reference for streams that are too large to ask a number at a time. */
import { keyPart } from '../brute/segmentation.ts'
import { bucketStarts } from '../calendar.ts'
import { canonical, compareBinary } from '../canonical.ts'
import type { Json, StoredEvent } from '../event.ts'
import { instant, lookup, selects } from '../filter.ts'
import type { Measure, Row, SegmentationQuery, SegmentationResult } from '../query.ts'
import { ExactSum } from '../sum.ts'
import { lastAtOrBefore } from './search.ts'

interface Group {
  readonly key: readonly (Json | undefined)[]
  readonly order: readonly string[]
  readonly members: { event: StoredEvent; bucket: number }[]
}

export function segmentationLinear(events: readonly StoredEvent[], query: SegmentationQuery): SegmentationResult {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const buckets = bucketStarts(zone, query.unit, from, to)
  const breakdown = query.breakdown ?? []
  const groups = new Map<string, Group>()
  const chosen: Group['members'] = []
  for (const event of events) {
    if (event.duplicate || event.project !== query.project || event.time < from || event.time >= to) continue
    if (!selects(query.select, event, zone)) continue
    const member = { event, bucket: lastAtOrBefore(buckets, event.time) }
    chosen.push(member)
    if (breakdown.length === 0) continue
    const key = breakdown.map((reference) => lookup(event, reference, zone))
    const order = key.map((value) => (value === undefined ? '' : canonical(value)))
    const text = JSON.stringify(order)
    const group = groups.get(text)
    if (group === undefined) groups.set(text, { key, order, members: [member] })
    else group.members.push(member)
  }
  const row = (members: Group['members']) => rowOf(members, { buckets: buckets.length, measure: query.measure, zone })
  const ranked = [...groups.values()].sort((a, b) => b.members.length - a.members.length || compareOrders(a, b))
  const shown = ranked.slice(0, query.limit ?? 60)
  const left = ranked.slice(shown.length)
  return {
    buckets,
    groups: shown.map(({ key, members }) => ({ key: key.map(keyPart), ...row(members) })),
    other: left.length === 0 ? null : { groups: left.length, ...row(left.flatMap((group) => group.members)) },
    overall: row(chosen),
  }
}

function compareOrders(a: Group, b: Group): number {
  return compareBinary(a.order[0], b.order[0]) || compareBinary(a.order[1] ?? '', b.order[1] ?? '')
}

function rowOf(members: Group['members'], rules: { buckets: number; measure: Measure; zone: string }): Row {
  const cells = Array.from({ length: rules.buckets }, () => new Cell(rules.measure, rules.zone))
  const total = new Cell(rules.measure, rules.zone)
  for (const { event, bucket } of members) {
    cells[bucket].add(event)
    total.add(event)
  }
  return { events: members.length, values: cells.map((cell) => cell.value()), total: total.value() }
}

/** One number in the making. */
class Cell {
  readonly #measure: Measure
  readonly #zone: string
  #events = 0
  #withUser = 0
  readonly #users = new Set<string>()
  readonly #sum = new ExactSum()
  #least: number | null = null
  #most: number | null = null

  constructor(measure: Measure, zone: string) {
    this.#measure = measure
    this.#zone = zone
  }

  add(event: StoredEvent): void {
    this.#events++
    if (typeof this.#measure === 'string') {
      if (event.distinct_id === '') return
      this.#withUser++
      this.#users.add(event.distinct_id)
      return
    }
    const found = lookup(event, Object.values(this.#measure)[0], this.#zone)
    if (typeof found !== 'number') return
    if ('min' in this.#measure) this.#least = this.#least === null ? found : Math.min(this.#least, found)
    else if ('max' in this.#measure) this.#most = this.#most === null ? found : Math.max(this.#most, found)
    else this.#sum.add(found)
  }

  value(): number | null {
    if (this.#measure === 'total') return this.#events
    if (this.#measure === 'unique') return this.#users.size
    if (this.#measure === 'perUser') return this.#users.size === 0 ? null : this.#withUser / this.#users.size
    if ('min' in this.#measure) return this.#least
    if ('max' in this.#measure) return this.#most
    return 'sum' in this.#measure ? this.#sum.value() : this.#sum.average()
  }
}
