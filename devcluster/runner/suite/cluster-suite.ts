/**
 * What pods get from the objects around them: variables, volumes, claims, nodes, Services; and what a runner finds again after its end.
 * On whatever API server `connect` gives.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resources } from '../../../operator/kube/resource.ts'
import type { NodeSettings } from '../node/node-object.ts'
import type { PersistentVolume } from '../objects.ts'
import { CountingApi } from './counting-api.ts'
import { type Connected, isReady, makeWorld, passing, stateOf, type World } from './world.ts'

const forever = 'trap "exit 0" TERM; while :; do sleep 0.05; done'
const base64 = (text: string) => Buffer.from(text).toString('base64')

export function clusterSuite(name: string, connect: () => Promise<Connected>): void {
  let world: World
  let api: CountingApi
  beforeAll(async () => {
    const connected = await connect()
    api = new CountingApi(connected.api)
    const nodes: Partial<NodeSettings>[] = [
      { labels: { disk: 'ssd', zone: 'a' }, cpu: '2' },
      { labels: { zone: 'b' }, cpu: '2' },
    ]
    world = await makeWorld({ ...connected, api, nodes })
  })
  afterAll(async () => {
    await world?.end()
    expect(world.complaints).toEqual([])
  })
  const log = (pod: string) => {
    const found = world.runner.findLog({ namespace: world.namespace, name: pod }, 'main', false)
    return 'path' in found ? readFileSync(found.path, 'utf8') : found.problem
  }
  const folderOf = async (claim: string) => {
    const volumeName = (await world.claim(claim))?.spec.volumeName
    const volume = (await api.get(resources.persistentVolumes, { name: volumeName! })) as PersistentVolume
    return volume.spec.hostPath!.path
  }

  describe(`pod runner on ${name}: what a pod is given`, () => {
    test('variables -> from values, fields, ConfigMaps and Secrets; a missing one holds the container until it is there', async () => {
      await world.create(resources.configMaps, 'ConfigMap', 'settings', { data: { level: 'debug' } })
      const env = [
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } },
        { name: 'ALL', value: '$(LEVEL) $(KEY) $(NOBODY) $$(KEY)' },
      ]
      await world.pod('told', { args: ['-c', `echo "$IP|$ALL"; ${forever}`], env })
      const held = await world.untilPod(
        'told',
        (pod) => stateOf(pod)?.state.waiting?.reason === 'CreateContainerConfigError',
      )
      expect(stateOf(held)?.state.waiting?.message).toBe('secret "keys" not found')
      await world.create(resources.secrets, 'Secret', 'keys', { data: { key: base64('k1') } })
      const pod = await world.untilPod('told', isReady)
      await world.until(() => expect(log('told')).toBe(`${pod.status?.podIP}|debug k1 $(NOBODY) $(KEY)\n`))
    })

    test('volumes of objects -> folders whose files change at once; mount paths in arguments lead there', async () => {
      await world.create(resources.configMaps, 'ConfigMap', 'routing', {
        data: { 'map.json': '{"epoch":1}', other: 'x' },
      })
      await world.create(resources.secrets, 'Secret', 'access', { data: { token: base64('t1') } })
      await world.pod(
        'mounted',
        {
          args: ['-c', `cat /etc/routing/map.json /etc/one /etc/all/token /etc/all/name; ${forever}`],
          volumeMounts: [
            { name: 'routing', mountPath: '/etc/routing' },
            { name: 'routing', mountPath: '/etc/one', subPath: 'map.json' },
            { name: 'all', mountPath: '/etc/all' },
          ],
        },
        {
          volumes: [
            { name: 'routing', configMap: { name: 'routing', items: [{ key: 'map.json', path: 'map.json' }] } },
            {
              name: 'all',
              projected: {
                sources: [
                  { secret: { name: 'access' } },
                  { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
                ],
              },
            },
          ],
        },
      )
      await world.untilPod('mounted', isReady)
      await world.until(() => expect(log('mounted')).toBe('{"epoch":1}{"epoch":1}t1mounted'))
      const folder = world.runner.volumeFolder(world.namespace, 'mounted')!
      expect(existsSync(`${folder}/other`)).toBe(false)
      const key = { namespace: world.namespace, name: 'routing' }
      await api.patch(resources.configMaps, key, { type: 'merge', body: { data: { 'map.json': '{"epoch":2}' } } })
      await world.until(() => expect(readFileSync(`${folder}/map.json`, 'utf8')).toBe('{"epoch":2}'))
    })

    test('a volume of a ConfigMap that is not there -> the pod waits, and starts when it comes', async () => {
      await world.pod(
        'early',
        { args: ['-c', forever], volumeMounts: [{ name: 'late', mountPath: '/late' }] },
        { volumes: [{ name: 'late', configMap: { name: 'late' } }] },
      )
      await world.untilPod('early', (pod) => stateOf(pod)?.state.waiting?.reason === 'ContainerCreating')
      await world.create(resources.configMaps, 'ConfigMap', 'late', { data: { a: 'b' } })
      await world.untilPod('early', isReady)
    })
  })

  describe(`pod runner on ${name}: claims and nodes`, () => {
    const claimOf = (claimName: string) => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] })
    const makeClaim = (claim: string, mode: string) =>
      world.create(resources.persistentVolumeClaims, 'PersistentVolumeClaim', claim, {
        spec: {
          accessModes: [mode],
          storageClassName: 'anabranch-local',
          resources: { requests: { storage: '1Gi' } },
        },
      })
    const volumeMounts = [{ name: 'data', mountPath: '/data' }]

    test('a claim -> is bound to a folder that outlives pods, is shared by ReadWriteMany, grows, and goes with the claim', async () => {
      await makeClaim('shared', 'ReadWriteMany')
      await world.pod('writer', { args: ['-c', `echo kept > /data/file; ${forever}`], volumeMounts }, claimOf('shared'))
      await world.untilPod('writer', isReady)
      await world.delete(resources.pods, 'writer')
      await world.untilGone('writer')
      await world.pod('reader', { args: ['-c', `cat /data/file; ${forever}`], volumeMounts }, claimOf('shared'))
      await world.until(() => expect(log('reader')).toBe('kept\n'))
      const folder = await folderOf('shared')
      const key = { namespace: world.namespace, name: 'shared' }
      const spec = { resources: { requests: { storage: '2Gi' } } }
      await api.patch(resources.persistentVolumeClaims, key, { type: 'merge', body: { spec } })
      await world.until(async () => expect((await world.claim('shared'))?.status?.capacity?.storage).toBe('2Gi'))
      await world.delete(resources.pods, 'reader')
      await world.untilGone('reader')
      await world.delete(resources.persistentVolumeClaims, 'shared')
      await world.until(() => expect(existsSync(folder)).toBe(false))
    })

    test('a pod whose claim is not there -> Unschedulable and the reason; a folder that is lost is never made anew', async () => {
      await world.pod('bereft', { args: ['-c', forever], volumeMounts }, claimOf('nobody'))
      const waiting = await world.untilPod(
        'bereft',
        ({ status }) => status?.conditions?.[0]?.reason === 'Unschedulable',
      )
      expect(waiting.status?.conditions?.[0]?.message).toBe(
        '0/2 nodes are available: persistentvolumeclaim "nobody" not found.',
      )
      await makeClaim('lost', 'ReadWriteOnce')
      await world.until(async () => expect((await world.claim('lost'))?.status?.phase).toBe('Bound'))
      const folder = await folderOf('lost')
      rmSync(folder, { recursive: true })
      await world.pod('amnesic', { args: ['-c', forever], volumeMounts }, claimOf('lost'))
      await world.untilPod('amnesic', (pod) => stateOf(pod)?.state.waiting?.reason === 'ContainerCreating')
      await world.until(async () => {
        const { items } = await api.list(resources.events, { namespace: world.namespace })
        expect(items).toContainEqual(
          expect.objectContaining({ reason: 'FailedMount', note: expect.stringMatching(/"lost" is gone/) }),
        )
      })
      expect(existsSync(folder)).toBe(false)
    })

    test('no node fits -> Unschedulable in the words of a scheduler; bound once one fits', async () => {
      await world.pod('picky', 'exec sleep 300', { nodeSelector: { disk: 'nvme' } })
      await world.pod('hungry', { args: ['-c', forever], resources: { requests: { cpu: '3' } } })
      const messageOf = async (pod: string) =>
        (await world.untilPod(pod, ({ status }) => status?.conditions?.[0]?.reason === 'Unschedulable')).status
          ?.conditions?.[0]?.message
      expect(await messageOf('picky')).toBe(
        "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
      )
      expect(await messageOf('hungry')).toBe('0/2 nodes are available: 2 Insufficient cpu.')
      const body = { metadata: { labels: { disk: 'nvme' } } }
      await api.patch(resources.nodes, { name: world.nodeNames[1]! }, { type: 'merge', body })
      const bound = await world.untilPod('picky', isReady)
      expect(bound.spec.nodeName).toBe(world.nodeNames[1])
    })
  })

  test(`pod runner on ${name}: pods that come together -> never take the same room twice`, async () => {
    const large = { args: ['-c', forever], resources: { requests: { cpu: '1500m' } } }
    await Promise.all(['large-1', 'large-2', 'large-3'].map((pod) => world.pod(pod, large)))
    const nodes: (string | undefined)[] = await world.until(async () => {
      const pods = await Promise.all(['large-1', 'large-2', 'large-3'].map((pod) => world.get(pod)))
      const waiting = pods.filter((pod) => pod?.status?.conditions?.[0]?.reason === 'Unschedulable')
      const ready = pods.filter((pod) => pod !== undefined && isReady(pod))
      expect([waiting.length, ready.length]).toEqual([1, 2])
      return ready.map((pod) => pod?.spec.nodeName)
    })
    expect(nodes.sort()).toEqual(world.nodeNames)
    for (const pod of ['large-1', 'large-2', 'large-3']) await world.delete(resources.pods, pod)
  })

  describe(`pod runner on ${name}: Services`, () => {
    const server = `require('http').createServer((q, r) => r.end(process.env.HOSTNAME)).listen(8080, process.env.HOST)`
    const web = {
      image: 'node:1',
      args: ['-e', server],
      env: [{ name: 'HOST', value: '0.0.0.0' }],
      ports: [{ name: 'web', containerPort: 8080 }],
      readinessProbe: { httpGet: { port: 'web' }, periodSeconds: 1 },
    }
    const spec = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] }

    test('a Service -> one address that leads to ready pods in turn, and a name that Node processes resolve', async () => {
      await world.service('web', spec)
      await world.service('each', { ...spec, clusterIP: 'None' })
      await world.pod('web-1', web, { labels: { app: 'web' } })
      await world.pod('web-2', web, { labels: { app: 'web' } })
      await world.untilPod('web-1', isReady)
      await world.untilPod('web-2', isReady)
      const address = await world.until(
        () => world.runner.addressOf(world.namespace, 'web') ?? Promise.reject(new Error('none')),
      )
      const seen = new Set<string>()
      await world.until(async () => {
        seen.add(await get(address, 80))
        expect([...seen].sort()).toEqual(['web-1', 'web-2'])
      })
      const ask = `
        require('dns').promises.lookup('each.${world.namespace}', { all: true }).then((all) => console.log(all.length))
        fetch('http://web/').then((answer) => answer.text()).then((text) => console.log(text.slice(0, 4)))
        import('node:os').then(({ hostname }) => console.log(hostname()))`
      await world.pod('asking', { image: 'node:1', args: ['-e', ask] }, { restartPolicy: 'Never' })
      await world.untilPod('asking', ({ status }) => status?.phase === 'Succeeded')
      expect(log('asking').split('\n').sort()).toEqual(['', '2', 'asking', 'web-'])
      await world.delete(resources.pods, 'web-1')
      await world.untilGone('web-1')
      for (let i = 0; i < 4; i++) expect(await get(address, 80)).toBe('web-2')
    })
  })

  test(`pod runner on ${name}: a Service of type LoadBalancer -> shows its address in its status`, async () => {
    const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
    await world.service('public', { type: 'LoadBalancer', selector: { app: 'nobody' }, ports })
    await world.until(async () => {
      const service = await api.get(resources.services, { namespace: world.namespace, name: 'public' })
      const ip = world.runner.addressOf(world.namespace, 'public')
      expect(service?.status).toMatchObject({ loadBalancer: { ingress: [{ ip }] } })
    })
  })

  describe(`pod runner on ${name}: its own end`, () => {
    test('killed and started again -> finds its processes, restarts nothing, and learns what happened meanwhile', async () => {
      await world.pod('survivor', `echo began; ${forever}`)
      await world.pod('mortal', 'while ! test -e "$FILE"; do sleep 0.05; done; exit 5', { restartPolicy: 'Never' })
      await world.pod('deleted', forever)
      for (const pod of ['survivor', 'mortal', 'deleted']) await world.untilPod(pod, isReady)
      const pidOf = (pod: string) => world.runner.pidOf(world.namespace, pod, 'main')!
      const pids = { survivor: pidOf('survivor'), mortal: pidOf('mortal'), deleted: pidOf('deleted') }
      const address = world.runner.addressOf(world.namespace, 'web')
      await world.stopRunner({ processes: 'keep' })
      process.kill(pids.mortal, 'SIGKILL')
      const key = { namespace: world.namespace, name: 'deleted' }
      await api.delete(resources.pods, key, { gracePeriodSeconds: 0 })
      await world.startRunner()
      await world.untilPod('mortal', ({ status }) => status?.phase === 'Failed')
      expect(stateOf((await world.get('mortal'))!)?.state.terminated?.exitCode).toBe(137)
      await world.until(() => expect(() => process.kill(pids.deleted, 0)).toThrow('ESRCH'))
      expect(pidOf('survivor')).toBe(pids.survivor)
      const survivor = (await world.get('survivor'))!
      expect(isReady(survivor)).toBe(true)
      expect(stateOf(survivor)?.restartCount).toBe(0)
      expect(world.runner.addressOf(world.namespace, 'web')).toBe(address)
    })

    test('killed between a start and its record -> the process is found all the same, not started twice', async () => {
      await world.pod('unrecorded', forever)
      const { metadata } = await world.untilPod('unrecorded', isReady)
      const pid = world.runner.pidOf(world.namespace, 'unrecorded', 'main')
      await world.stopRunner({ processes: 'keep' })
      const record = join(world.data, 'pods', metadata.uid!, 'record.json')
      writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), containers: {} }))
      await world.startRunner()
      await world.until(() => expect(world.runner.pidOf(world.namespace, 'unrecorded', 'main')).toBe(pid))
      const pod = await world.untilPod('unrecorded', isReady)
      expect(stateOf(pod)?.restartCount).toBe(0)
    })

    test('a second runner on the same data folder -> is refused and told by whom', async () => {
      await expect(world.startRunner()).rejects.toThrow(`is used by another pod runner (process ${process.pid})`)
    })

    test('nothing changes -> nothing is written but Leases', async () => {
      await world.until(() => expect(api.quietMs()).toBeGreaterThan(1_500))
      const before = api.writes.length
      world.runner.resync()
      await passing(1_000)
      expect(api.writes.slice(before).filter((line) => !line.includes('leases'))).toEqual([])
    })
  })
}

function get(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host, port, agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      answer.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}
