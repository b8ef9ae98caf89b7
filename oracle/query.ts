/** Query documents and answers as `docs/reference/queries.md` words them. The oracle takes valid ones only: refusing is the engine's part. */
import type { Unit } from './calendar.ts'
import type { TypeName } from './canonical.ts'
import type { Json } from './event.ts'

/** ms, or a local time of the query's zone. */
export type Instant = number | string

export type Reference = ({ property: string | readonly string[] } | { field: 'event' | 'distinct_id' }) & {
  as?: 'time'
}

export type Filter =
  | { and: readonly Filter[] }
  | { or: readonly Filter[] }
  | { not: Filter }
  | (Reference & { op: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'contains'; value: Json })
  | (Reference & { op: 'in'; value: readonly Json[] })
  | (Reference & { op: 'set' })
  | (Reference & { op: 'type'; value: TypeName })

export interface Selector {
  events?: readonly string[]
  where?: Filter
}

interface Common {
  project: string
  from: Instant
  to: Instant
  timezone?: string
}

export type Measure =
  | 'total'
  | 'unique'
  | 'perUser'
  | { sum: Reference }
  | { average: Reference }
  | { min: Reference }
  | { max: Reference }

export interface SegmentationQuery extends Common {
  type: 'segmentation'
  select: Selector
  measure: Measure
  unit?: Unit
  breakdown?: readonly Reference[]
  limit?: number
}

export interface FunnelQuery extends Common {
  type: 'funnel'
  steps: readonly Selector[]
  windowMs?: number
  entry?: 'first' | 'latest'
  graceMs?: number
}

export interface RetentionQuery extends Common {
  type: 'retention'
  birth: Selector
  return: Selector
  unit: 'day' | 'week' | 'month'
  count: number
  mode?: 'rolling' | 'calendar'
  criteria?: 'onOrAfter' | 'on'
}

export interface ExportQuery extends Common {
  type: 'export'
  select: Selector
  copies?: 'first' | 'all'
  limit?: number
}

export type Query = SegmentationQuery | FunnelQuery | RetentionQuery | ExportQuery

export interface Row {
  events: number
  values: (number | null)[]
  total: number | null
}

export interface SegmentationResult {
  buckets: number[]
  groups: ({ key: { value?: Json }[] } & Row)[]
  other: ({ groups: number } & Row) | null
  overall: Row
}

export interface FunnelResult {
  steps: { users: number }[]
}

export interface RetentionResult {
  cohorts: { start: number; users: number; retained: number[] }[]
  overall: { users: number; retained: number[] }
}

export interface ExportLine {
  event: string
  distinct_id: string
  time: number
  insert_id: string
  properties: { readonly [key: string]: Json }
  duplicate?: true
}

export type Result = SegmentationResult | FunnelResult | RetentionResult | ExportLine[]
