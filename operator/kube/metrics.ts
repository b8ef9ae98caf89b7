/**
 * Metrics of the operator's runtime, under the names of controller-runtime and client-go where they have one: dashboards made for other operators
 * fit. Does not: serve them (`probes/probes.ts`).
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Informers } from './informer.ts'
import { type QueueMetrics, queueMetricsOf } from './queue/queue-metrics.ts'
import type { ReflectorEvent } from './reflector.ts'
import type { WriteResult } from './write/writes.ts'

export interface ControllerMetrics {
  started(workers: number): void
  begun(): void
  ended(result: 'success' | 'requeue_after' | 'error', seconds: number): void
}

export interface RuntimeMetrics {
  queue(name: string): QueueMetrics
  controller(name: string): ControllerMetrics
  /** For `observe` of the client over HTTP. */
  request(seen: { method: string; status: number; seconds: number }): void
  reflector(resource: string, what: ReflectorEvent): void
  write(seen: { resource: string; verb: string; result: WriteResult }): void
  event(what: 'written' | 'counted' | 'dropped'): void
  leading(term: number | undefined): void
  stores(informers: Informers): void
}

const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
const reconcileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** `host` is the API server's, `lease` the name of the Lease. */
export function runtimeMetrics(registry: Registry, { host, lease }: { host: string; lease: string }): RuntimeMetrics {
  const registers = [registry]
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server by status, method and host; <error> is a request without an answer',
    labelNames: ['code', 'method', 'host'],
    registers,
  })
  const latency = new Histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Seconds to the first byte of an answer of the API server',
    labelNames: ['verb', 'host'],
    buckets: requestBuckets,
    registers,
  })
  const reflectors = new Counter({
    name: 'anabranch_operator_reflector_events_total',
    help: 'What happened to lists and watches: list, watch, failure, expired, silence, stale',
    labelNames: ['resource', 'event'],
    registers,
  })
  const writes = new Counter({
    name: 'anabranch_operator_writes_total',
    help: 'Writes of reconcilers by result; suppressed ones were not sent',
    labelNames: ['resource', 'verb', 'result'],
    registers,
  })
  const events = new Counter({
    name: 'anabranch_operator_events_total',
    help: 'Kubernetes Events: written, counted on one written before, dropped',
    labelNames: ['result'],
    registers,
  })
  return {
    queue: queueMetricsOf(registry),
    controller: controllerMetricsOf(registry),
    request: ({ method, status, seconds }) => {
      requests.inc({ code: status === 0 ? '<error>' : String(status), method, host })
      latency.observe({ verb: method, host }, seconds)
    },
    reflector: (resource, event) => reflectors.inc({ resource, event }),
    write: ({ resource, verb, result }) => writes.inc({ resource, verb, result }),
    event: (result) => events.inc({ result }),
    leading: leadingOf(registry, lease),
    stores: (informers) => {
      new Gauge({
        name: 'anabranch_operator_cache_objects',
        help: 'Objects in the store of a kind',
        labelNames: ['resource'],
        registers,
        collect() {
          for (const [resource, store] of informers.stores) this.set({ resource }, store.size)
        },
      })
    },
  }
}

/** Told of the term of this leader, or that it leads no more. */
function leadingOf(registry: Registry, lease: string): RuntimeMetrics['leading'] {
  const registers = [registry]
  const master = new Gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads',
    labelNames: ['name'],
    registers,
  })
  const term = new Gauge({
    name: 'anabranch_operator_leader_term',
    help: 'Term of this leader; 0 on a standby',
    registers,
  })
  master.set({ name: lease }, 0)
  return (now) => {
    master.set({ name: lease }, now === undefined ? 0 : 1)
    term.set(now ?? 0)
  }
}

function controllerMetricsOf(registry: Registry): (name: string) => ControllerMetrics {
  const registers = [registry]
  const labelNames = ['controller'] as const
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles by controller and result',
    labelNames: ['controller', 'result'],
    registers,
  })
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Reconciles that failed',
    labelNames,
    registers,
  })
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Seconds of a reconcile',
    labelNames,
    buckets: reconcileBuckets,
    registers,
  })
  const workers = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Workers of a controller',
    labelNames,
    registers,
  })
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Workers that reconcile now',
    labelNames,
    registers,
  })
  return (controller) => ({
    started: (count) => workers.set({ controller }, count),
    begun: () => active.inc({ controller }),
    ended: (result, took) => {
      active.dec({ controller })
      total.inc({ controller, result })
      seconds.observe({ controller }, took)
      if (result === 'error') errors.inc({ controller })
    },
  })
}
