import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Container, Pod, PodSpec } from '../objects.ts'
import { allContainers, type Decision, decide, type Situation } from './decide.ts'
import { backoffMs, containerOf, type PodRecord, stableMs, whenEnded, whenStarted } from './record.ts'

const container = (name: string, rest: Partial<Container> = {}): Container => ({ name, image: 'i:1', ...rest })

function podOf(spec: Partial<PodSpec>, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', ...metadata },
    spec: { containers: [container('main')], ...spec },
  }
}

const fresh: PodRecord = {
  uid: 'u',
  namespace: 'n',
  name: 'p',
  node: 'x',
  ip: '127.2.1.1',
  startTime: 0,
  containers: {},
}

function ask(pod: Pod, record: PodRecord, now: number, rest: Partial<Situation> = {}): Decision {
  return decide({
    pod,
    record,
    now,
    gone: false,
    mounts: { ready: true },
    hasImage: () => true,
    trouble: () => undefined,
    scale: 1,
    ...rest,
  })
}

const started = (record: PodRecord, name: string, now: number, probes = { startup: false, readiness: false }) =>
  whenStarted(record, name, { process: { keeper: 1, main: 2, born: 'b' }, folder: 'f', startedAt: now }, probes)
const ended = (record: PodRecord, name: string, exitCode: number, now: number) =>
  whenEnded(record, name, { exitCode, now, scale: 1 })
const steps = ({ steps: all }: Decision) =>
  all.map((step) => (step.do === 'finish' ? 'finish' : `${step.do} ${step.container.name}`)).join(', ')

describe('what to do with a pod', () => {
  test('decide: a container that fails again and again -> at once, then 10 s doubling to 300 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(backoffMs)).toEqual([
      0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ])
    const pod = podOf({})
    let record = ended(started(fresh, 'main', 0), 'main', 1, 5)
    expect(steps(ask(pod, record, 5))).toBe('start main')
    record = ended(started(record, 'main', 5), 'main', 1, 10)
    const waiting = ask(pod, record, 10)
    expect(waiting.waiting.get('main')?.reason).toBe('CrashLoopBackOff')
    expect(waiting.wakeAt).toBe(10_010)
    expect(steps(ask(pod, record, 10_009))).toBe('')
    expect(steps(ask(pod, record, 10_010))).toBe('start main')
  })

  test('decide: a container that ran ten minutes -> its failures are forgotten', () => {
    const record = [1, 2, 3, 4].reduce((before, at) => ended(started(before, 'main', at), 'main', 1, at), fresh)
    const stable = ended(started(record, 'main', 100), 'main', 1, 100 + stableMs)
    expect(containerOf(stable, 'main').failures).toBe(1)
    expect(steps(ask(podOf({}), stable, 100 + stableMs))).toBe('start main')
  })

  test('decide: init containers -> one after the other, tried again until they end with 0', () => {
    const pod = podOf({ initContainers: [container('a'), container('b')] })
    expect(steps(ask(pod, fresh, 0))).toBe('start a')
    const running = started(fresh, 'a', 0)
    expect(steps(ask(pod, running, 1))).toBe('')
    expect(steps(ask(pod, ended(running, 'a', 1, 2), 2))).toBe('start a')
    const first = ended(running, 'a', 0, 2)
    expect(steps(ask(pod, first, 2))).toBe('start b')
    expect(ask(pod, first, 2).waiting.get('main')?.reason).toBe('PodInitializing')
    expect(steps(ask(pod, ended(started(first, 'b', 2), 'b', 0, 3), 3))).toBe('start main')
  })

  test.each([
    ['Always', 0, 'start main'],
    ['Always', 1, 'start main'],
    ['OnFailure', 0, ''],
    ['OnFailure', 1, 'start main'],
    ['Never', 0, ''],
    ['Never', 1, ''],
  ] as const)('decide: restartPolicy %s and exit code %i -> "%s"', (restartPolicy, exitCode, then) => {
    const record = ended(started(fresh, 'main', 0), 'main', exitCode, 1)
    expect(steps(ask(podOf({ restartPolicy }), record, 1))).toBe(then)
  })

  test('decide: a deletion -> SIGTERM once, SIGKILL when the grace is over, finish when nothing runs', () => {
    const pod = podOf({}, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 })
    const first = ask(pod, started(fresh, 'main', 0), 100)
    expect([steps(first), first.wakeAt]).toEqual(['stop main', 5_100])
    expect(steps(ask(pod, first.record, 5_099))).toBe('')
    expect(steps(ask(pod, first.record, 5_100))).toBe('kill main')
    expect(steps(ask(pod, ended(first.record, 'main', 137, 5_200), 5_200))).toBe('finish')
  })

  test('decide: a shorter grace while it ends -> counts; a longer one does not', () => {
    const at = (seconds: number) => podOf({}, { deletionTimestamp: 'x', deletionGracePeriodSeconds: seconds })
    const { record } = ask(at(30), started(fresh, 'main', 0), 0)
    expect(ask(at(2), record, 1_000).wakeAt).toBe(3_000)
    expect(ask(at(60), record, 1_000).wakeAt).toBe(30_000)
  })

  test('decide: a pod that is gone from the API server -> ends within a second, whatever its grace', () => {
    const first = ask(podOf({ terminationGracePeriodSeconds: 300 }), started(fresh, 'main', 0), 0, { gone: true })
    expect([steps(first), first.wakeAt]).toEqual(['stop main', 1_000])
  })

  test('decide: volumes or variables that are missing -> nothing starts, and the reason is told', () => {
    const unmounted = ask(podOf({}), fresh, 0, { mounts: { ready: false, message: 'm' } })
    expect([steps(unmounted), unmounted.waiting.get('main')?.reason]).toEqual(['', 'ContainerCreating'])
    const troubled = ask(podOf({}), fresh, 0, { trouble: () => 'secret "x" not found' })
    expect(troubled.waiting.get('main')).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'secret "x" not found',
    })
  })

  test('decide: an unknown image -> looked up again after 10 s, 20 s, 40 s', () => {
    let { record, waiting } = ask(podOf({}), fresh, 0, { hasImage: () => false })
    expect(waiting.get('main')?.reason).toBe('ErrImagePull')
    expect(ask(podOf({}), record, 9_999).waiting.get('main')?.reason).toBe('ImagePullBackOff')
    ;({ record } = ask(podOf({}), record, 10_000, { hasImage: () => false }))
    expect(steps(ask(podOf({}), record, 29_999))).toBe('')
    expect(steps(ask(podOf({}), record, 30_000))).toBe('start main')
  })

  test('decide: another image -> ends the container with its grace, and starts it anew without back-off', () => {
    const run = { process: { keeper: 1, main: 2, born: 'b' }, folder: 'f', image: 'i:1', startedAt: 0 }
    const record = whenStarted(fresh, 'main', run, { startup: false, readiness: false })
    const changed = podOf({ containers: [container('main', { image: 'i:2' })] })
    expect(steps(ask(podOf({}), record, 1))).toBe('')
    const first = ask(changed, record, 1)
    expect(steps(first)).toBe('stop main')
    expect(steps(ask(changed, ended(first.record, 'main', 0, 2), 2))).toBe('start main')
  })

  test('decide: any history -> never starts what runs, asks for one stop, and a deletion always finishes', () => {
    const pod = podOf({ initContainers: [container('init')], containers: [container('a'), container('b')] })
    const event = fc.record({
      after: fc.integer({ min: 1, max: 20_000 }),
      name: fc.constantFrom('init', 'a', 'b'),
      exitCode: fc.constantFrom(undefined, 0, 1),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let [record, now] = [fresh, 0]
        const apply = (one: Pod) => {
          const decision = ask(one, record, now)
          record = decision.record
          const running = (name: string) => containerOf(record, name).run !== undefined
          const initDone = containerOf(record, 'init').last?.exitCode === 0 && !running('init')
          for (const step of decision.steps) {
            if (step.do === 'finish') expect(allContainers(pod).some(({ name }) => running(name))).toBe(false)
            else if (step.do === 'start') {
              expect(running(step.container.name)).toBe(false)
              expect(step.container.name === 'init' || initDone).toBe(true)
              record = started(record, step.container.name, now)
            } else expect(running(step.container.name)).toBe(true)
          }
          return decision
        }
        for (const { after, name, exitCode } of events) {
          now += after
          if (exitCode !== undefined && containerOf(record, name).run !== undefined)
            record = ended(record, name, exitCode, now)
          apply(pod)
        }
        const deleted = podOf(pod.spec, { deletionTimestamp: 'x', deletionGracePeriodSeconds: 3 })
        const stops = apply(deleted).steps.filter((step) => step.do === 'stop').length
        expect(stops).toBe(Object.values(record.containers).filter(({ run }) => run !== undefined).length)
        now += 3_000
        for (const step of apply(deleted).steps)
          if (step.do === 'kill') record = ended(record, step.container.name, 137, now)
        expect(steps(apply(deleted))).toBe('finish')
      }),
    )
  })
})
