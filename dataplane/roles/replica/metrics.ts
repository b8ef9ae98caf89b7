/** What a replica shows to Prometheus. Read when it scrapes. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Shard } from '../../shard/shard.ts'
import type { CachedStore } from '../../storage/object/cached-store.ts'
import type { ReplicaHost } from './host.ts'
import type { Lag } from './lag.ts'

export interface ReplicaMetrics {
  readonly queries: Counter<'outcome'>
  readonly queryDuration: Histogram
}

export function divergenceCounter(registers: Registry[]): Counter {
  return new Counter({
    name: 'anabranch_replica_divergences_total',
    help: 'Cuts that did not hold the rows that this replica applied (AUD-1).',
    registers,
  })
}

export interface Watched {
  readonly host: ReplicaHost
  readonly lag: Lag
  readonly cache: CachedStore | undefined
  /** More segments than this are too many. */
  readonly segmentsMax: number
}

export function replicaMetrics(registers: Registry[], { host, lag, cache, segmentsMax }: Watched): ReplicaMetrics {
  const gauge = (name: string, help: string, of: (shard: Shard) => number) => {
    new Gauge({
      name: `anabranch_replica_${name}`,
      help,
      registers,
      collect() {
        if (host.current !== undefined) this.set(of(host.current))
      },
    })
  }
  const counter = (name: string, help: string, of: () => number) => {
    new Counter({
      name: `anabranch_replica_${name}`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(of())
      },
    })
  }
  gauge('tail_rows', 'Rows that no segment holds yet.', (shard) => shard.tailRows)
  gauge('pending_rows', 'Rows that wait to be decided as first or repeated.', (shard) => shard.pendingRows)
  gauge('lag_seconds', 'Age of the oldest record of the log that is not applied.', () => lag.ageMs / 1000)
  gauge('segments', 'Segments of the manifest.', (shard) => shard.segmentCount)
  gauge(
    'segments_over_bound',
    '1 while there are more segments than the bound: compaction does not keep up.',
    (shard) => Number(shard.segmentCount > segmentsMax),
  )
  counter('cache_hits_total', 'Reads of segments answered by the local volume.', () => cache?.counts.hits ?? 0)
  counter('cache_misses_total', 'Reads of segments that went to the store.', () => cache?.counts.misses ?? 0)
  gauge('cache_bytes', 'Bytes of segments on the local volume.', () => cache?.counts.bytes ?? 0)
  gauge('manifest_version', 'Version of the manifest that is adopted.', (shard) => shard.manifest.version)
  gauge('is_diverged', '1 while its rows and those of a cut differ (AUD-1).', () =>
    Number(host.auditor.state === 'diverged'),
  )
  gauge('is_primary', '1 where this replica cuts.', (shard) => Number(shard.isPrimary))
  return {
    queries: new Counter({
      name: 'anabranch_replica_queries_total',
      help: 'Partials and exports answered, by outcome: ok or an error code.',
      labelNames: ['outcome'],
      registers,
    }),
    queryDuration: new Histogram({
      name: 'anabranch_replica_query_duration_seconds',
      help: 'Time to answer a partial, waiting for its vector included.',
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  }
}
