/** What a query pod shows to Prometheus. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export interface QueryMetrics {
  readonly requests: Counter<'endpoint' | 'status'>
  readonly duration: Histogram<'endpoint'>
  readonly running: Gauge
  readonly hedges: Counter
  readonly repins: Counter
  readonly scannedBytes: Counter
}

export function queryMetrics(registers: Registry[]): QueryMetrics {
  return {
    requests: new Counter({
      name: 'anabranch_query_requests_total',
      help: 'Requests by endpoint and HTTP status.',
      labelNames: ['endpoint', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'anabranch_query_duration_seconds',
      help: 'Time from a request to its answer; exports until their last line.',
      labelNames: ['endpoint'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    running: new Gauge({ name: 'anabranch_query_running', help: 'Queries and exports under way.', registers }),
    hedges: new Counter({
      name: 'anabranch_query_hedges_total',
      help: 'Calls to a second replica since the first was slow.',
      registers,
    }),
    repins: new Counter({
      name: 'anabranch_query_repins_total',
      help: 'Queries started over: the routing map changed, or no replica kept the vector.',
      registers,
    }),
    scannedBytes: new Counter({
      name: 'anabranch_query_scanned_bytes_total',
      help: 'Bytes that shards read for queries of this pod.',
      registers,
    }),
  }
}
