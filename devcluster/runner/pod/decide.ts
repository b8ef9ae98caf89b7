/**
 * What to do with a pod's processes now: pure, `(pod, record, now) → steps`.
 *
 * Init containers one after the other, then the others together; restarts by policy with back-off; a stop with its grace, then a kill;
 * a pod that is to go ends when its last process has ended. Called after every change and at `wakeAt`; steps that are under way are
 * in the record, so asking twice orders nothing twice. Does not: touch a process, or speak to an API server.
 */
import type { Container, Pod } from '../objects.ts'
import { type ContainerRecord, containerOf, type PodRecord, withContainer } from './record.ts'

export interface Situation {
  readonly pod: Pod
  readonly record: PodRecord
  readonly now: number
  /** The pod is no longer in the API: its processes end at once. */
  readonly gone: boolean
  readonly mounts: { readonly ready: true } | { readonly ready: false; readonly message: string }
  readonly hasImage: (name: string) => boolean
  /** Why a container can't be made: a Secret that is missing, a field that the runner does not have. */
  readonly trouble: (container: Container) => string | undefined
  readonly scale: number
}

export interface Waiting {
  readonly reason: string
  readonly message?: string
}

export type Step =
  | { readonly do: 'start'; readonly container: Container }
  /** SIGTERM, after its preStop hook. */
  | { readonly do: 'stop'; readonly container: Container; readonly reason: string }
  | { readonly do: 'kill'; readonly container: Container }
  /** Nothing runs any more and nothing will: report, and let the API server forget the pod. */
  | { readonly do: 'finish' }

export interface Decision {
  readonly record: PodRecord
  readonly steps: readonly Step[]
  /** By container: why it is not running. */
  readonly waiting: ReadonlyMap<string, Waiting>
  /** Ask again then, at the latest. */
  readonly wakeAt: number
}

const pullFirstMs = 10_000
const pullMaxMs = 300_000
/** How long `ErrImagePull` shows before it becomes `ImagePullBackOff`. */
const pullErrorShownMs = 1_000
const goneGraceMs = 1_000
const defaultGraceSeconds = 30

class Deciding {
  readonly situation: Situation
  record: PodRecord
  readonly steps: Step[] = []
  readonly waiting = new Map<string, Waiting>()
  wakeAt = Number.POSITIVE_INFINITY

  constructor(situation: Situation) {
    this.situation = situation
    this.record = situation.record
  }

  end(graceMs: number, reason: string): void {
    const containers = allContainers(this.situation.pod)
    for (const container of containers) this.stop(container, graceMs, reason)
    if (containers.every(({ name }) => containerOf(this.record, name).run === undefined))
      this.steps.push({ do: 'finish' })
  }

  stop(container: Container, graceMs: number, reason: string): void {
    const { now } = this.situation
    const { run, stopping } = containerOf(this.record, container.name)
    if (run === undefined) return
    const deadline = Math.min(stopping?.deadline ?? Number.POSITIVE_INFINITY, now + graceMs)
    if (now >= deadline) this.steps.push({ do: 'kill', container })
    else this.wakeBy(deadline)
    if (stopping === undefined && now < deadline) this.steps.push({ do: 'stop', container, reason })
    if (stopping?.deadline !== deadline) this.change(container, { stopping: { deadline, reason } })
  }

  /** A container that should run: keeps it, ends it when it is unhealthy or of another image, starts it when its time has come. */
  run(container: Container): void {
    const state = containerOf(this.record, container.name)
    if (state.run === undefined) this.start(container, state)
    else if ((state.run.image ?? container.image) !== container.image) {
      this.stop(container, this.grace(), 'its image has changed and it will be restarted')
    } else if (state.unhealthy !== undefined) {
      this.stop(container, this.grace(state.unhealthy.graceSeconds), state.unhealthy.message)
    }
  }

  grace(seconds = this.situation.pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds): number {
    return seconds * 1000
  }

  start(container: Container, state: ContainerRecord): void {
    const { now, trouble } = this.situation
    if (state.restartAt !== undefined && now < state.restartAt) {
      this.wakeBy(state.restartAt)
      const message = `back-off restarting failed container ${container.name}`
      this.waiting.set(container.name, { reason: 'CrashLoopBackOff', message })
      return
    }
    const problem = trouble(container)
    if (problem !== undefined) {
      this.waiting.set(container.name, { reason: 'CreateContainerConfigError', message: problem })
      return
    }
    if (!this.pulled(container, state)) return
    this.steps.push({ do: 'start', container })
  }

  /** Whether the table has the image; looked up anew when back-off is over. */
  pulled(container: Container, { pull }: ContainerRecord): boolean {
    const { now, hasImage, scale } = this.situation
    const { image, name } = container
    if (pull !== undefined && now < pull.nextAt) {
      this.wakeBy(pull.nextAt)
      this.waiting.set(name, { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` })
      return false
    }
    if (hasImage(image)) return true
    const failures = (pull?.failures ?? 0) + 1
    const nextAt = now + Math.min(pullMaxMs, pullFirstMs * 2 ** (failures - 1)) * scale
    this.change(container, { pull: { failures, nextAt } })
    this.wakeBy(Math.min(nextAt, now + pullErrorShownMs * scale))
    this.waiting.set(name, { reason: 'ErrImagePull', message: `the table of images has no "${image}"` })
    return false
  }

  change(container: Container, change: Partial<ContainerRecord>): void {
    this.record = withContainer(this.record, container.name, change)
  }

  wakeBy(time: number): void {
    this.wakeAt = Math.min(this.wakeAt, time)
  }
}

export function decide(situation: Situation): Decision {
  const deciding = new Deciding(situation)
  const { pod, gone, mounts, record } = situation
  if (gone) deciding.end(goneGraceMs, 'the pod is gone from the API server')
  else if (pod.metadata.deletionTimestamp !== undefined) deciding.end(graceOfDeletion(pod), 'the pod is deleted')
  else if (!mounts.ready) {
    for (const { name } of allContainers(pod))
      if (containerOf(record, name).run === undefined && containerOf(record, name).last === undefined)
        deciding.waiting.set(name, { reason: 'ContainerCreating' })
  } else advance(deciding)
  const { steps, waiting, wakeAt } = deciding
  return { record: deciding.record, steps, waiting, wakeAt }
}

function advance(deciding: Deciding): void {
  const { pod, record } = deciding.situation
  const inits = pod.spec.initContainers ?? []
  const next = inits.find(({ name }) => !succeeded(containerOf(record, name)))
  const main = pod.spec.containers
  if (next === undefined) {
    for (const container of main) if (shouldRun(pod, containerOf(record, container.name))) deciding.run(container)
    return
  }
  for (const { name } of [...inits.slice(inits.indexOf(next) + 1), ...main])
    deciding.waiting.set(name, { reason: 'PodInitializing' })
  // An init container that failed is tried again unless the pod never restarts anything.
  const state = containerOf(record, next.name)
  if (pod.spec.restartPolicy !== 'Never' || state.last === undefined) deciding.run(next)
}

function shouldRun(pod: Pod, { run, last }: ContainerRecord): boolean {
  if (run !== undefined || last === undefined) return true
  const policy = pod.spec.restartPolicy ?? 'Always'
  return policy === 'Always' || (policy === 'OnFailure' && last.exitCode !== 0)
}

/** An init container is done for good once it has ended with 0. */
export function succeeded({ run, last }: ContainerRecord): boolean {
  return run === undefined && last?.exitCode === 0
}

export function allContainers(pod: Pod): readonly Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
}

function graceOfDeletion(pod: Pod): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? defaultGraceSeconds) * 1000
}
