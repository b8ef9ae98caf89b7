/** Real Anabranch pods on a real API server, from YAML: events in and answers out over the addresses of Services. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { describeWith } from '../../../test/support/servers.ts'
import { imageFile } from '../machine/image-file.ts'
import { connectReal } from './real.ts'
import { isReady, makeWorld, stateOf, type World } from './world.ts'

const day = '2026-03-01'
const pods = ['shop-log-0', 'shop-0-0', 'shop-ingest-0', 'shop-query-0']

describeWith('KUBECONFIG', 'Anabranch pods on a real API server', () => {
  let world: World
  beforeAll(async () => {
    const images = imageFile(join(import.meta.dirname, '../images.json'), () => undefined)()
    world = await makeWorld({ ...(await connectReal(process.env)), images })
    const text = readFileSync(join(import.meta.dirname, 'anabranch.yaml'), 'utf8')
    for (const document of parseAllDocuments(text)) {
      const object = document.toJS() as KubeObject
      const resource = Object.values(resources).find(({ kind, group }) => kind === object.kind && group === '')!
      const metadata = { ...object.metadata, namespace: world.namespace }
      await world.api.create(resource, { ...object, metadata })
    }
  })
  afterAll(async () => {
    await world?.end()
    expect(world.complaints).toEqual([])
  })

  const urlOf = (service: string) => `http://${world.runner.addressOf(world.namespace, service)}:8080`
  const count = async () => {
    const body = { type: 'segmentation', project: 'demo', from: day, to: '2026-03-02', select: {}, measure: 'total' }
    const answer = await fetch(`${urlOf('shop-query')}/v1/query`, {
      method: 'POST',
      headers: { authorization: 'Bearer query-token-of-the-test', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    expect(answer.status, text).toBe(200)
    return (JSON.parse(text) as { result: { overall: { total: number } } }).result.overall.total
  }

  test('log, replica, ingest and query from YAML -> become Ready by their own probes, and answer what was imported', async () => {
    for (const pod of pods) await world.untilPod(pod, isReady)
    const events = Array.from({ length: 100 }, (_, index) => ({
      event: 'Opened',
      properties: { time: Date.parse(day) + index, distinct_id: `user-${index % 7}`, $insert_id: `id-${index}` },
    }))
    const imported = await fetch(`${urlOf('shop-ingest')}/import?strict=1`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('ingest-token-of-the-test:')}`, 'content-type': 'application/json' },
      body: JSON.stringify(events),
    })
    expect(imported.status, await imported.text()).toBe(200)
    await world.until(async () => expect(await count()).toBe(100))
  })

  test('a replica that is killed -> is not Ready, is restarted, reads its log again and answers the same', async () => {
    process.kill(world.runner.pidOf(world.namespace, 'shop-0-0', 'replica')!, 'SIGKILL')
    await world.untilPod('shop-0-0', (pod) => !isReady(pod))
    const pod = await world.untilPod('shop-0-0', (one) => isReady(one) && stateOf(one, 'replica')?.restartCount === 1)
    expect(stateOf(pod, 'replica')?.lastState.terminated?.exitCode).toBe(137)
    await world.until(async () => expect(await count()).toBe(100))
  })

  test('a pod with a service account -> speaks to the API server as that account', async () => {
    await world.pod('speaking', 'kubectl get pods 2>&1', { restartPolicy: 'Never' })
    await world.untilPod('speaking', ({ status }) => status?.phase === 'Failed')
    const found = world.runner.findLog({ namespace: world.namespace, name: 'speaking' }, 'main', false)
    expect(readFileSync((found as { path: string }).path, 'utf8')).toMatch(
      `User "system:serviceaccount:${world.namespace}:default" cannot list resource "pods"`,
    )
  })

  test('kubectl logs -> shows what a pod logged', async () => {
    const { stdout } = await promisify(execFile)('kubectl', [
      'logs',
      '-n',
      world.namespace,
      'shop-query-0',
      '--tail=50',
    ])
    expect(stdout).toMatch('"msg":"serving"')
  })
})
