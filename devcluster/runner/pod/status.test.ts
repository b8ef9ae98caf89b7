import { expect, test } from 'vitest'
import type { Pod } from '../objects.ts'
import { type PodRecord, whenEnded, whenStarted } from './record.ts'
import { podStatus } from './status.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: [{ name: 'main', image: 'i:1' }], readinessGates: [{ conditionType: 'gate' }] },
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
const run = { process: { keeper: 1, main: 2, born: 'b' }, folder: 'f', startedAt: 1_000 }
const running = whenStarted(fresh, 'main', run, { startup: false, readiness: false })

const statusOf = (record: PodRecord, now: number, from = pod) =>
  podStatus({
    pod: from,
    record,
    waiting: new Map(),
    mounted: true,
    hostIp: '127.2.0.1',
    now,
    imageId: (image) => image,
  })
const conditionOf = ({ conditions }: ReturnType<typeof statusOf>, type: string) =>
  conditions?.find((one) => one.type === type)

test('status: a readiness gate of others -> is kept, and Ready waits for it', () => {
  const closed = statusOf(running, 2_000)
  expect(conditionOf(closed, 'ContainersReady')?.status).toBe('True')
  expect(conditionOf(closed, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' })
  const gate = { type: 'gate', status: 'True' as const }
  const open = statusOf(running, 3_000, { ...pod, status: { conditions: [gate] } })
  expect(conditionOf(open, 'gate')).toBe(gate)
  expect(conditionOf(open, 'Ready')?.status).toBe('True')
})

test('status: a condition that stays -> keeps its time, and nothing to write is nothing written', () => {
  const first = statusOf(running, 2_000)
  expect(statusOf(running, 90_000, { ...pod, status: first })).toEqual(first)
  const after = statusOf(whenEnded(running, 'main', { exitCode: 1, now: 95_000, scale: 1 }), 95_000, {
    ...pod,
    status: first,
  })
  expect(conditionOf(after, 'ContainersReady')).toMatchObject({
    status: 'False',
    lastTransitionTime: '1970-01-01T00:01:35Z',
  })
  expect(conditionOf(after, 'Initialized')?.lastTransitionTime).toBe('1970-01-01T00:00:02Z')
})

test('status: a second run -> the first is in lastState, and counts as a restart', () => {
  const ended = whenEnded(running, 'main', { exitCode: 9, now: 2_000, scale: 1 })
  const again = whenStarted(ended, 'main', { ...run, startedAt: 3_000 }, { startup: true, readiness: true })
  const [status] = statusOf(again, 3_000).containerStatuses!
  expect(status).toMatchObject({
    restartCount: 1,
    ready: false,
    started: false,
    state: { running: { startedAt: '1970-01-01T00:00:03Z' } },
    lastState: { terminated: { exitCode: 9, containerID: 'process://u/main/1' } },
    containerID: 'process://u/main/2',
  })
})
