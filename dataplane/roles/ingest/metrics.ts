/** Metrics of ingest, by Prometheus' conventions. No label holds a project, a token or anything that was sent. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { HeldBytes } from './held-bytes.ts'

export type IngestMetrics = ReturnType<typeof ingestMetrics>

export function ingestMetrics(registry: Registry, held: HeldBytes) {
  const registers = [registry]
  new Gauge({
    name: 'anabranch_ingest_held_bytes',
    help: 'Bytes of bodies that are being received, read or made durable.',
    registers,
    collect() {
      this.set(held.held)
    },
  })
  return {
    requests: new Counter({
      name: 'anabranch_ingest_requests_total',
      help: 'Requests by endpoint and status; 499 is a client that left.',
      labelNames: ['path', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'anabranch_ingest_request_duration_seconds',
      help: 'Time from the headers of a request to its reply.',
      labelNames: ['path'],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    events: new Counter({
      name: 'anabranch_ingest_events_total',
      help: 'Events by what became of them: stored (durable), refused (invalid), ignored ($ignore).',
      labelNames: ['result'],
      registers,
    }),
    bodyBytes: new Counter({
      name: 'anabranch_ingest_body_bytes_total',
      help: 'Bytes of bodies after decompression.',
      registers,
    }),
    retries: new Counter({
      name: 'anabranch_ingest_append_retries_total',
      help: 'Appends that were made again because the log failed.',
      registers,
    }),
  } as const
}
