/**
 * A defect of one replica: its memory, its network card or its build drops, doubles or alters one event of one
 * record that it reads from the log. The other replica and the log are sound, so the two must find out (AUD-1).
 *
 * Does not: touch the log or the ledger of what was shown.
 */
import type { LogEntry, LogReader } from '../dataplane/core/ports.ts'
import type { RecordRow } from '../dataplane/log/record/contract.ts'
import { encodeRecord } from '../dataplane/log/record/encode.ts'
import { decodeEvents } from '../dataplane/log/record/events.ts'
import { openRecord } from '../dataplane/log/record/open.ts'
import { position, projectBase, spreadMax } from '../dataplane/schema/placement.ts'
import { emptyProperties } from '../dataplane/schema/properties.ts'
import type { Faults } from './faults.ts'
import type { Life } from './kernel/life.ts'
import { readThrough } from './read-through.ts'

export const defectKinds = ['drop', 'double', 'alter'] as const

export interface DefectPlan {
  /** Name of the process that has it. */
  readonly process: string
  readonly kind: (typeof defectKinds)[number]
  /** It shows at the so manieth record that the process reads, over all its lives. */
  readonly record: number
  /** Whether each later reading of that record shows it too, as long as there are faults. */
  readonly isLasting: boolean
}

/** Where it showed. */
export interface Place {
  readonly partition: number
  readonly offset: number
}

export class Defect {
  readonly plan: DefectPlan
  readonly #faults: Faults
  readonly #shown: (life: Life) => void
  #records = 0
  #place: Place | undefined

  /** `shown` is told each time that a process is given a wrong record. */
  constructor(plan: DefectPlan, { faults, shown }: { faults: Faults; shown: (life: Life) => void }) {
    this.plan = plan
    this.#faults = faults
    this.#shown = shown
  }

  /** `undefined` until it has shown. */
  get place(): Place | undefined {
    return this.#place
  }

  /** The log as the process reads it. */
  reader(reader: LogReader, life: Life): LogReader {
    if (life.name !== this.plan.process) return reader
    return readThrough(reader, (entry) => (this.#isHit(entry) ? this.#damage(entry, life) : entry))
  }

  #isHit({ partition, offset }: LogEntry): boolean {
    if (this.#faults.isStopped) return false
    if (this.#place !== undefined) {
      return this.plan.isLasting && this.#place.partition === partition && this.#place.offset === offset
    }
    if (++this.#records < this.plan.record) return false
    this.#place = { partition, offset }
    return true
  }

  #damage(entry: LogEntry, life: Life): LogEntry {
    this.#shown(life)
    return { ...entry, bytes: damagedRecord(entry, this.plan.kind) }
  }
}

/** The record with its last event dropped (or altered, where it is the only one), doubled or altered. */
export function damagedRecord({ partition, offset, bytes }: LogEntry, kind: DefectPlan['kind']): Uint8Array {
  const record = openRecord(bytes, `partition ${partition} offset ${offset}`)
  const { generation, blocks } = record
  const spreads = new Map(blocks.map(({ project, spread }) => [project, spread]))
  const rows: RecordRow[] = []
  for (const { event, h } of decodeEvents(record, offset)) {
    rows.push({ event, h, position: position(projectBase(event.project), h, spreadMax) })
  }
  const last = rows.pop()!
  if (kind === 'double') rows.push(last, last)
  else if (kind === 'alter' || rows.length === 0) {
    const properties = Object.assign(emptyProperties(), last.event.properties, { n: -1 })
    rows.push({ ...last, event: { ...last.event, properties } })
  }
  return encodeRecord({ generation, partition, rows, spreads })
}
