/**
 * Queries after parsing: what `docs/reference/queries.md` describes, as types. Times are instants in
 * ms, `to` exclusive; buckets are worked out already, since they depend on the document alone.
 */
import type { Selector } from '../filter/filter.ts'
import type { Reference } from '../filter/reference.ts'
import type { Zone } from '../time/zone.ts'

export type Request = SegmentationRequest | FunnelRequest | RetentionRequest | ExportRequest

export interface RangeRequest {
  readonly project: string
  readonly from: number
  readonly to: number
  readonly zone: Zone
}

export type Measure =
  | { readonly kind: 'total' | 'unique' | 'perUser' }
  | { readonly kind: 'sum' | 'average' | 'min' | 'max'; readonly reference: Reference }

export interface SegmentationRequest extends RangeRequest {
  readonly type: 'segmentation'
  readonly select: Selector
  readonly measure: Measure
  /** Bucket starts, ascending; the first is `from`. */
  readonly buckets: Float64Array
  /** 0 to 2 references. */
  readonly breakdown: readonly Reference[]
  readonly limit: number
}

export interface FunnelRequest extends RangeRequest {
  readonly type: 'funnel'
  /** 1 to 10. */
  readonly steps: readonly Selector[]
  readonly windowMs: number
  readonly entry: 'first' | 'latest'
  readonly graceMs: number
}

export interface RetentionRequest extends RangeRequest {
  readonly type: 'retention'
  readonly birth: Selector
  readonly return: Selector
  readonly unit: 'day' | 'week' | 'month'
  readonly count: number
  readonly mode: 'rolling' | 'calendar'
  readonly criteria: 'onOrAfter' | 'on'
  /** Starts of the cohorts' buckets, ascending; the first is `from`. */
  readonly cohorts: Float64Array
  /** Starts of whole units, the first at or before `from`, as far as an interval of `count` can reach. Same index as `cohorts`. */
  readonly units: Float64Array
}

export interface ExportRequest extends RangeRequest {
  readonly type: 'export'
  readonly select: Selector
  readonly copies: 'first' | 'all'
  readonly limit: number
}
