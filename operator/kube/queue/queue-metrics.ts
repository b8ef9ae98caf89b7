/** Metrics of a work queue, under the names that client-go gives them, so that existing dashboards and alerts fit. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export interface QueueState {
  depth(): number
  /** Ms since each key that is being worked on was taken. */
  working(): readonly number[]
}

export interface QueueMetrics {
  bind(state: QueueState): void
  added(): void
  retried(): void
  waited(seconds: number): void
  worked(seconds: number): void
}

const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000]

/** Makes metrics for queues by name; one set a registry. */
export function queueMetricsOf(registry: Registry): (name: string) => QueueMetrics {
  const states = new Map<string, QueueState>()
  const registers = [registry]
  const labelNames = ['name', 'controller'] as const
  const gauge = (name: string, help: string, value: (state: QueueState) => number) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [queue, state] of states) this.set({ name: queue, controller: queue }, value(state))
      },
    })
  gauge('workqueue_depth', 'Current depth of workqueue', (state) => state.depth())
  gauge('workqueue_unfinished_work_seconds', 'Seconds of work in progress that worked has not seen yet', (state) =>
    state.working().reduce((sum, ms) => sum + ms / 1000, 0),
  )
  gauge(
    'workqueue_longest_running_processor_seconds',
    'Seconds that the longest running work has taken',
    (state) => Math.max(0, ...state.working()) / 1000,
  )
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Adds handled by workqueue', labelNames, registers })
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Retries handled by workqueue',
    labelNames,
    registers,
  })
  const waited = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'Seconds that an item stays ready before it is taken',
    labelNames,
    registers,
    buckets,
  })
  const worked = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'Seconds that processing an item takes',
    labelNames,
    registers,
    buckets,
  })
  return (name) => {
    const labels = { name, controller: name }
    const [add, retry, wait, work] = [
      adds.labels(labels),
      retries.labels(labels),
      waited.labels(labels),
      worked.labels(labels),
    ]
    return {
      bind: (state) => states.set(name, state),
      added: () => add.inc(),
      retried: () => retry.inc(),
      waited: (seconds) => wait.observe(seconds),
      worked: (seconds) => work.observe(seconds),
    }
  }
}
