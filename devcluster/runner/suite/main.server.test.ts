/** The pod runner as a process of its own, killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { HttpApi } from '../../../operator/kube/client/http-api.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { type ServerWorld, serverWorld } from '../../../test/support/kube-server.ts'
import { describeWith } from '../../../test/support/servers.ts'
import type { Pod } from '../objects.ts'
import { isReady } from './world.ts'

const program = join(import.meta.dirname, '../main.ts')
const forever = 'trap "exit 0" TERM; while :; do sleep 0.1; done'
const wait = { timeout: 60_000, interval: 50 }

describeWith('KUBECONFIG', 'the pod runner as a process', () => {
  let data: string
  let images: string
  let world: ServerWorld
  let api: HttpApi
  let runner: ChildProcess | undefined

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'pod-runner-main-'))
    images = join(data, 'images.json')
    world = await serverWorld('runner')
    api = world.api
    writeFileSync(images, JSON.stringify({ 'shell:1': { entrypoint: ['/bin/sh'] } }))
  })
  afterAll(async () => {
    if (runner?.exitCode === null && runner.signalCode === null) await stop()
    await world?.stop()
    if (data !== undefined) rmSync(data, { recursive: true, force: true })
  })

  const node = () => `node-${world.namespace}`
  const start = async (onExit: 'end' | 'keep', forget: boolean) => {
    const flags = [
      '--data',
      data,
      '--images',
      images,
      '--node',
      node(),
      '--namespace',
      world.namespace,
      '--on-exit',
      onExit,
    ]
    runner = spawn(process.execPath, [program, ...flags, ...(forget ? ['--forget'] : [])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let log = ''
    runner.stderr!.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    await vi.waitFor(() => expect(log).toMatch('"msg":"serving"'), wait)
  }
  const stop = async () => {
    const gone = once(runner!, 'exit')
    runner!.kill('SIGTERM')
    return (await gone)[0] as number | null
  }
  const look = async () =>
    (await api.get(resources.pods, { namespace: world.namespace, name: 'lasting' })) as Pod | undefined
  const pid = (uid: string) => Number(readFileSync(join(data, 'pods', uid, 'runs/main/1/pid'), 'utf8').split(' ')[1])

  test('kill -9 -> pods run on; the next runner takes them over; SIGTERM ends them and leaves no node', async () => {
    await start('end', false)
    await api.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'lasting', namespace: world.namespace },
      spec: {
        containers: [{ name: 'main', image: 'shell:1', args: ['-c', forever] }],
      },
    })
    await vi.waitFor(async () => expect(isReady((await look())!)).toBe(true), wait)
    const { uid } = (await look())!.metadata
    const process1 = pid(uid!)
    const gone = once(runner!, 'exit')
    runner!.kill('SIGKILL')
    await gone
    process.kill(process1, 0)

    await start('end', true)
    const second = await look()
    expect(isReady(second!)).toBe(true)
    expect(second?.status?.containerStatuses?.[0]?.restartCount).toBe(0)
    process.kill(pid(uid!), 0)
    expect(pid(uid!)).toBe(process1)

    const key = { namespace: world.namespace, name: 'brief' }
    await api.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: key,
      spec: {
        terminationGracePeriodSeconds: 300,
        containers: [{ name: 'main', image: 'shell:1', args: ['-c', forever] }],
      },
    })
    await vi.waitFor(async () => expect(isReady((await api.get(resources.pods, key)) as Pod)).toBe(true), wait)
    await api.delete(resources.pods, key)
    await vi.waitFor(async () => expect(await api.get(resources.pods, key)).toBeUndefined(), wait)

    // Nothing that waits for a grace period, a probe or a back-off keeps it alive.
    const began = performance.now()
    expect(await stop()).toBe(0)
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(() => process.kill(process1, 0)).toThrow('ESRCH')
    expect(await api.get(resources.nodes, { name: node() })).toBeUndefined()
    await api.delete(resources.pods, { namespace: world.namespace, name: 'lasting' }, { gracePeriodSeconds: 0 })
  })
})
