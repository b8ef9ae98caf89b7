/**
 * What the runner knows of a pod's processes: the part of its state that outlives the runner, and how events change it.
 *
 * A record is plain JSON and never mutated. It is written to disk before and after each process starts, so that a runner that was killed
 * finds its processes again. Does not: decide what to do next (`decide.ts`), or hold anything that the API server holds.
 */
import { secondsTime } from '../../../operator/kube/time.ts'
import type { Terminated } from '../objects.ts'

/** A process as the machine names it: a pid alone may name another process later. */
export interface ProcessName {
  /** The process that keeps the container's one company: its group is the container. */
  readonly keeper: number
  /** The container's own process: what signals go to. */
  readonly main: number
  /** When the keeper started, in the machine's own words. */
  readonly born: string
}

export interface Run {
  readonly process: ProcessName
  /** Folder of this run under the pod's folder: log, pid, exit code. */
  readonly folder: string
  /** That it was started from. Absent where only the process was found. */
  readonly image?: string
  readonly startedAt: number
}

export interface ContainerRecord {
  /** How often it was started. */
  readonly starts: number
  readonly run?: Run
  /** The latest run that ended, and the one before it. */
  readonly last?: Terminated
  readonly previous?: Terminated
  /** Ends in a row after short runs: what back-off grows with. */
  readonly failures: number
  /** No start before this time. */
  readonly restartAt?: number
  readonly pull?: { readonly failures: number; readonly nextAt: number }
  readonly stopping?: { readonly deadline: number; readonly reason: string }
  /** Its startup probe has succeeded, or it has none. Of the current run. */
  readonly started: boolean
  /** Its readiness probe holds, or it has none. Of the current run. */
  readonly ready: boolean
  /** Why a probe wants it restarted. */
  readonly unhealthy?: { readonly message: string; readonly graceSeconds?: number }
}

export interface PodRecord {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly node: string
  readonly ip: string
  /** When the runner took it on. */
  readonly startTime: number
  readonly containers: Readonly<Record<string, ContainerRecord>>
}

/** A run that lasted this long was no failure: back-off begins anew. */
export const stableMs = 600_000
const backoffFirstMs = 10_000
const backoffMaxMs = 300_000

const noContainer: ContainerRecord = { starts: 0, failures: 0, started: false, ready: false }

export function containerOf(record: PodRecord, name: string): ContainerRecord {
  return record.containers[name] ?? noContainer
}

/** The runs that have not ended, of all containers. */
export function runsOf({ containers }: PodRecord): readonly Run[] {
  return Object.values(containers).flatMap(({ run }) => (run === undefined ? [] : [run]))
}

export function withContainer(record: PodRecord, name: string, change: Partial<ContainerRecord>): PodRecord {
  return { ...record, containers: { ...record.containers, [name]: { ...containerOf(record, name), ...change } } }
}

/** ms to wait before start number `failures + 1` in a row: none, then 10 s doubling to 300 s, as a kubelet. */
export function backoffMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 2))
}

export function whenStarted(
  record: PodRecord,
  name: string,
  run: Run,
  probes: { readonly startup: boolean; readonly readiness: boolean },
): PodRecord {
  const { starts } = containerOf(record, name)
  return withContainer(record, name, {
    starts: starts + 1,
    run,
    restartAt: undefined,
    pull: undefined,
    stopping: undefined,
    unhealthy: undefined,
    started: !probes.startup,
    ready: !probes.startup && !probes.readiness,
  })
}

/** `scale` shortens back-off for tests. */
export function whenEnded(
  record: PodRecord,
  name: string,
  end: { readonly exitCode: number; readonly now: number; readonly scale: number; readonly message?: string },
): PodRecord {
  const before = containerOf(record, name)
  const startedAt = before.run?.startedAt ?? end.now
  const failures = end.now - startedAt >= stableMs ? 1 : before.failures + 1
  const last: Terminated = {
    exitCode: end.exitCode,
    reason: end.exitCode === 0 ? 'Completed' : 'Error',
    ...(end.message === undefined ? {} : { message: end.message }),
    startedAt: secondsTime(startedAt),
    finishedAt: secondsTime(end.now),
    containerID: containerId(record, name, before.starts),
  }
  return withContainer(record, name, {
    run: undefined,
    last,
    previous: before.last,
    failures,
    restartAt: end.now + backoffMs(failures) * end.scale,
    stopping: undefined,
    unhealthy: undefined,
    started: false,
    ready: false,
  })
}

export function containerId(record: PodRecord, name: string, starts: number): string {
  return `process://${record.uid}/${name}/${starts}`
}
