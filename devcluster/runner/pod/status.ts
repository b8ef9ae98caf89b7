/**
 * The status of a pod as a kubelet writes it: phase, conditions, container states, addresses. Pure.
 *
 * Conditions of others (readiness gates) are kept; a condition keeps its time while its status stays. Does not: write it anywhere.
 */
import { secondsTime } from '../../../operator/kube/time.ts'
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../objects.ts'
import { allContainers, succeeded, type Waiting } from './decide.ts'
import { containerId, containerOf, type PodRecord } from './record.ts'

export interface StatusInput {
  readonly pod: Pod
  readonly record: PodRecord
  readonly waiting: ReadonlyMap<string, Waiting>
  readonly mounted: boolean
  readonly hostIp: string
  readonly now: number
  /** What stands for the digest of an image: it changes when the command behind the name does. */
  readonly imageId: (image: string) => string
}

export function podStatus(input: StatusInput): PodStatus {
  const { pod, record, hostIp } = input
  const containerStatuses = pod.spec.containers.map((container) => containerStatus(input, container, false))
  const initContainerStatuses = (pod.spec.initContainers ?? []).map((init) => containerStatus(input, init, true))
  const initialized = (pod.spec.initContainers ?? []).every(({ name }) => succeeded(containerOf(record, name)))
  const phase = phaseOf(pod, record, initialized)
  return {
    ...pod.status,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    phase,
    conditions: conditions(input, { phase, initialized, containerStatuses }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: record.ip,
    podIPs: [{ ip: record.ip }],
    startTime: secondsTime(record.startTime),
    containerStatuses,
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
  }
}

function containerStatus(input: StatusInput, container: Container, init: boolean): ContainerStatus {
  const { record } = input
  const { name, image } = container
  const state = containerOf(record, name)
  const waiting = input.waiting.get(name)
  const { run, last, previous } = state
  const current: ContainerState =
    run !== undefined
      ? { running: { startedAt: secondsTime(run.startedAt) } }
      : waiting !== undefined
        ? { waiting }
        : last !== undefined
          ? { terminated: last }
          : { waiting: { reason: 'ContainerCreating' } }
  const before = current.terminated === undefined ? last : previous
  return {
    name,
    image,
    imageID: state.starts === 0 ? '' : input.imageId(image),
    ...(state.starts === 0 ? {} : { containerID: containerId(record, name, state.starts) }),
    ready: init ? succeeded(state) : run !== undefined && state.started && state.ready,
    started: run !== undefined && state.started,
    restartCount: Math.max(0, state.starts - 1),
    state: current,
    lastState: before === undefined ? {} : { terminated: before },
  }
}

function phaseOf(pod: Pod, record: PodRecord, initialized: boolean): PodStatus['phase'] {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const inits = (pod.spec.initContainers ?? []).map(({ name }) => containerOf(record, name))
  if (!initialized) {
    const failed = policy === 'Never' && inits.some(({ run, last }) => run === undefined && (last?.exitCode ?? 0) !== 0)
    return failed ? 'Failed' : 'Pending'
  }
  const states = pod.spec.containers.map(({ name }) => containerOf(record, name))
  if (states.every(({ run, last }) => run === undefined && last !== undefined)) {
    const ending = pod.metadata.deletionTimestamp !== undefined
    const clean = states.every(({ last }) => last?.exitCode === 0)
    if (ending || policy === 'Never' || (policy === 'OnFailure' && clean)) return clean ? 'Succeeded' : 'Failed'
    return 'Running'
  }
  return states.every(({ starts }) => starts === 0) ? 'Pending' : 'Running'
}

function conditions(
  { pod, record, mounted, now }: StatusInput,
  seen: {
    phase: PodStatus['phase']
    initialized: boolean
    containerStatuses: readonly ContainerStatus[]
  },
): PodCondition[] {
  const kept = new Map((pod.status?.conditions ?? []).map((condition) => [condition.type, condition]))
  const done = seen.phase === 'Succeeded' ? 'PodCompleted' : seen.phase === 'Failed' ? 'PodFailed' : undefined
  const unready = seen.containerStatuses.filter(({ ready }) => !ready).map(({ name }) => name)
  const notDone = (pod.spec.initContainers ?? []).filter(({ name }) => !succeeded(containerOf(record, name)))
  const notReady =
    done !== undefined
      ? { reason: done }
      : unready.length === 0
        ? undefined
        : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` }
  const gate = (pod.spec.readinessGates ?? []).find(({ conditionType }) => kept.get(conditionType)?.status !== 'True')
  const notThrough =
    gate === undefined
      ? undefined
      : {
          reason: 'ReadinessGatesNotReady',
          message: `the status of pod readiness gate "${gate.conditionType}" is not "True"`,
        }
  const notInitialized =
    seen.initialized || done !== undefined
      ? undefined
      : {
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${notDone.map(({ name }) => name).join(' ')}]`,
        }
  const anyRun = allContainers(pod).some(({ name }) => containerOf(record, name).run !== undefined)
  const judged: [string, { reason: string; message?: string } | undefined | false][] = [
    ['PodReadyToStartContainers', mounted || anyRun ? undefined : false],
    ['Initialized', notInitialized],
    ['Ready', notReady ?? notThrough],
    ['ContainersReady', notReady],
    ['PodScheduled', undefined],
  ]
  for (const [type, why] of judged) {
    const status = why === undefined ? 'True' : 'False'
    const before = kept.get(type)
    kept.set(type, {
      type,
      status,
      ...(why ? why : {}),
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
      lastProbeTime: null,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : secondsTime(now),
    })
  }
  return [...kept.values()]
}
