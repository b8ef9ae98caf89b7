/**
 * What a pod runner does, on whatever API server `connect` gives: the same suite on the one in the process and on a real one.
 *
 * Does not: look at decisions one by one; their own tests do.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resources } from '../../../operator/kube/resource.ts'
import { type Connected, isReady, isTrue, makeWorld, stateOf, type World } from './world.ts'

const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done'

export function runnerSuite(name: string, connect: () => Promise<Connected>): void {
  let world: World
  beforeAll(async () => {
    world = await makeWorld(await connect())
  })
  afterAll(async () => {
    await world?.end()
    expect(world.complaints).toEqual([])
  })
  const log = (pod: string, container = 'main', previous = false) => {
    const found = world.runner.findLog({ namespace: world.namespace, name: pod }, container, previous)
    return 'path' in found ? readFileSync(found.path, 'utf8') : found.problem
  }

  describe(`pod runner on ${name}: processes`, () => {
    test('a pod that is created -> is bound, runs, and its status tells so', async () => {
      await world.pod('plain', `echo "hello from $0 $*"; ${forever}`)
      const { status } = await world.untilPod('plain', isReady)
      expect(status).toMatchObject({
        phase: 'Running',
        hostIP: expect.stringMatching(/^127\.\d+\.0\.1$/),
        podIP: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/),
      })
      for (const type of ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'])
        expect(status?.conditions).toContainEqual(expect.objectContaining({ type, status: 'True' }))
      expect(status?.containerStatuses?.[0]).toMatchObject({
        name: 'main',
        ready: true,
        started: true,
        restartCount: 0,
      })
      await world.until(() => expect(log('plain')).toMatch('hello from'))
    })

    test('a pod that is deleted -> its process gets SIGTERM and its time, then the pod is gone', async () => {
      const will = join(world.data, 'will')
      await world.pod(
        'polite',
        `trap "sleep 0.3; echo done > ${will}; exit 0" TERM; echo up; while :; do sleep 0.05; done`,
      )
      await world.until(() => expect(log('polite')).toBe('up\n'))
      const pid = world.runner.pidOf(world.namespace, 'polite', 'main')!
      await world.delete(resources.pods, 'polite')
      await world.untilGone('polite')
      expect(readFileSync(will, 'utf8')).toBe('done\n')
      await world.until(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
    })

    test('a preStop hook -> runs before SIGTERM, within the grace period', async () => {
      const will = join(world.data, 'hooked')
      const preStop = { exec: { command: ['/bin/sh', '-c', `echo hook >> ${will}`] } }
      const args = ['-c', `trap "echo term >> ${will}; exit 0" TERM; echo up; while :; do sleep 0.05; done`]
      await world.pod('hooked', { args, lifecycle: { preStop } }, { terminationGracePeriodSeconds: 10 })
      await world.until(() => expect(log('hooked')).toBe('up\n'))
      await world.delete(resources.pods, 'hooked')
      await world.untilGone('hooked')
      expect(readFileSync(will, 'utf8')).toBe('hook\nterm\n')
    })

    test('an image that is changed -> the container is started anew from it', async () => {
      await world.pod('changing', forever)
      await world.untilPod('changing', isReady)
      const key = { namespace: world.namespace, name: 'changing' }
      const body = [{ op: 'replace', path: '/spec/containers/0/image', value: 'shell:2' }] as const
      await world.api.patch(resources.pods, key, { type: 'json', body })
      const pod = await world.untilPod('changing', (one) => isReady(one) && stateOf(one)?.restartCount === 1)
      expect(stateOf(pod)?.image).toBe('shell:2')
    })

    test('a process that ignores SIGTERM -> is killed after its grace period, with children that left its group', async () => {
      await world.pod('deaf', 'trap "" TERM; setsid sleep 300 & echo $!; while :; do sleep 0.05; done', {
        terminationGracePeriodSeconds: 1,
      })
      await world.until(() => expect(log('deaf')).toMatch(/^\d+\n$/))
      const runaway = Number(log('deaf'))
      const pid = world.runner.pidOf(world.namespace, 'deaf', 'main')!
      await world.delete(resources.pods, 'deaf')
      await world.untilGone('deaf')
      await world.until(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
      await world.until(() => expect(() => process.kill(runaway, 0)).toThrow('ESRCH'))
    })

    test('a process that fails again and again -> restarts with back-off, and the status says why', async () => {
      await world.pod('failing', 'echo "try"; exit 3')
      const pod = await world.untilPod('failing', (one) => (stateOf(one)?.restartCount ?? 0) >= 3)
      expect(pod.status?.phase).toBe('Running')
      expect(stateOf(pod)?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
      const waiting = await world.untilPod(
        'failing',
        (one) => stateOf(one)?.state.waiting?.reason === 'CrashLoopBackOff',
      )
      expect(isTrue(waiting, 'Ready')).toBe(false)
      expect(log('failing', 'main', true)).toBe('try\n')
    })

    test('a pod that never restarts -> Succeeded or Failed, by its exit code', async () => {
      await world.pod('once', 'exit 0', { restartPolicy: 'Never' })
      await world.pod('broken', 'exit 7', { restartPolicy: 'Never' })
      const done = await world.untilPod('once', ({ status }) => status?.phase === 'Succeeded')
      expect(done.status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'Ready', status: 'False', reason: 'PodCompleted' }),
      )
      const failed = await world.untilPod('broken', ({ status }) => status?.phase === 'Failed')
      expect(stateOf(failed)?.state.terminated).toMatchObject({ exitCode: 7, reason: 'Error' })
    })

    test('an image that the table does not have -> ErrImagePull, ImagePullBackOff, and it runs once the table has it', async () => {
      await world.pod('unknown', { image: 'missing:1', args: ['-c', forever] })
      const reasons = new Set<string | undefined>()
      await world.untilPod('unknown', (pod) => {
        reasons.add(stateOf(pod)?.state.waiting?.reason)
        return reasons.has('ImagePullBackOff')
      })
      expect(stateOf((await world.get('unknown'))!)?.state.waiting?.message).toMatch('missing:1')
      const before = world.images
      world.images = { ...before, 'missing:1': before['shell:*']! }
      await world.untilPod('unknown', isReady)
      world.images = before
    })

    test('a program that is not there -> the container fails with 128 and names it', async () => {
      await world.pod('absent', { command: ['no-such-program'] })
      const pod = await world.untilPod('absent', (one) => stateOf(one)?.lastState.terminated !== undefined)
      expect(stateOf(pod)?.lastState.terminated).toMatchObject({
        exitCode: 128,
        message: expect.stringMatching('no-such-program'),
      })
    })

    test('init containers -> run one after the other before the others, and are tried again', async () => {
      const volumes = [{ name: 'work', emptyDir: {} }]
      const volumeMounts = [{ name: 'work', mountPath: '/scratch' }]
      const init = (initName: string, script: string) => ({
        name: initName,
        image: 'shell:1',
        args: ['-c', script],
        volumeMounts,
      })
      await world.pod(
        'prepared',
        { args: ['-c', `cat /scratch/order; ${forever}`], volumeMounts },
        {
          volumes,
          initContainers: [
            init('first', 'echo first >> /scratch/order; test -e /scratch/tried || { touch /scratch/tried; exit 1; }'),
            init('second', 'echo second >> /scratch/order'),
          ],
        },
      )
      const pod = await world.untilPod('prepared', isReady)
      await world.until(() => expect(log('prepared')).toBe('first\nfirst\nsecond\n'))
      expect(stateOf(pod, 'first')).toMatchObject({
        restartCount: 1,
        ready: true,
        state: { terminated: { exitCode: 0 } },
      })
    })
  })

  describe(`pod runner on ${name}: probes`, () => {
    test('readiness -> the pod is Ready while its probe holds; liveness -> the container is restarted when it fails', async () => {
      const exec = (file: string) => ({ exec: { command: ['test', '-e', `/state/${file}`] }, periodSeconds: 1 })
      await world.pod(
        'probed',
        {
          args: ['-c', `touch /state/alive /state/begun; ${forever}`],
          volumeMounts: [{ name: 'state', mountPath: '/state' }],
          startupProbe: exec('begun'),
          readinessProbe: { ...exec('ready'), failureThreshold: 1 },
          livenessProbe: { ...exec('alive'), failureThreshold: 1 },
        },
        { volumes: [{ name: 'state', emptyDir: {} }] },
      )
      const touch = (script: string) => world.runnerShell('probed', script)
      await world.untilPod('probed', (pod) => stateOf(pod)?.started === true)
      expect(isReady((await world.get('probed'))!)).toBe(false)
      touch('touch ready')
      await world.untilPod('probed', isReady)
      touch('rm ready')
      await world.untilPod('probed', (pod) => !isReady(pod))
      touch('touch ready; rm alive')
      const restarted = await world.untilPod('probed', (pod) => stateOf(pod)?.restartCount === 1)
      expect(stateOf(restarted)?.lastState.terminated).toMatchObject({ exitCode: 0 })
      await world.untilPod('probed', isReady)
    })

    test('http and tcp probes -> ask at the address of the pod, so that all pods listen on the same port', async () => {
      const server = `require('http').createServer((q, r) => { r.statusCode = q.url === '/ok' ? 200 : 500; r.end() }).listen(8080, process.env.HOST)`
      const web = (path: string) => ({
        image: 'node:1',
        args: ['-e', server],
        env: [{ name: 'HOST', value: '0.0.0.0' }],
        ports: [{ name: 'web', containerPort: 8080 }],
        readinessProbe: { httpGet: { path, port: 'web' }, periodSeconds: 1 },
      })
      await world.pod('web-1', web('/ok'))
      await world.pod('web-2', web('/bad'))
      await world.pod('web-3', { ...web('/'), readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } })
      await world.untilPod('web-1', isReady)
      await world.untilPod('web-3', isReady)
      expect(isReady((await world.get('web-2'))!)).toBe(false)
    })
  })
}
