import { afterAll, beforeAll, expect, it } from 'vitest'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import { configMap, refusalOf } from '../../../test/support/kube-contract.ts'
import { type ServerWorld, serverWorld } from '../../../test/support/kube-server.ts'
import { describeWith } from '../../../test/support/servers.ts'
import { TcpLine } from '../../../test/support/tcp-line.ts'
import { settled } from '../../../test/support/until.ts'
import { Reflector, type ReflectorEvent } from '../reflector.ts'
import { resources } from '../resource.ts'
import { isExpired } from '../status-error.ts'
import { Store } from '../store.ts'
import { findAccess } from './connect.ts'
import { HttpApi } from './http-api.ts'
import { realMachine } from './machine.ts'

const resource = resources.configMaps
const logger = { info: () => {}, warn: () => {}, error: () => {} }

describeWith('KUBECONFIG', 'reflector on a real API server', () => {
  let world: ServerWorld
  let line: TcpLine
  let api: HttpApi

  beforeAll(async () => {
    world = await serverWorld('reflector')
    const access = await findAccess({ env: process.env, machine: realMachine })
    const { hostname, port } = new URL(access.server)
    line = new TcpLine(hostname, Number(port))
    const server = `https://127.0.0.1:${await line.listen()}`
    api = new HttpApi({ access: { ...access, server }, userAgent: 'anabranch-test', monotonic: () => 0 })
  })

  afterAll(async () => {
    await api?.close()
    await line?.close()
    await world?.stop()
  })

  it('reflector: a line that is cut and falls silent while objects change -> the store becomes what the server has', async () => {
    const { namespace } = world
    for (let index = 0; index < 25; index++) await world.api.create(resource, configMap(namespace, `before-${index}`))
    const store = new Store()
    const seen: ReflectorEvent[] = []
    const stop = new AbortController()
    const reflector = new Reflector({
      ...{ api, resource, store, logger, clock: realClock, random: realRandom },
      selection: { namespace },
      limits: { pageObjects: 10, silenceMs: 1500, backoffFirstMs: 10, backoffMaxMs: 200 },
      observe: (what) => seen.push(what),
    })
    const running = reflector.run(stop.signal)
    const same = async () => {
      const { items } = await world.api.list(resource, { namespace })
      return (
        items.length === store.size &&
        items.every((item) => {
          const { name, resourceVersion } = item.metadata
          return store.get({ namespace, name })?.metadata.resourceVersion === resourceVersion
        })
      )
    }
    await reflector.synced
    // The server adds one of its own to each namespace.
    expect(await settled(same)).toBeUndefined()
    line.cut()
    await world.api.create(resource, configMap(namespace, 'after-the-cut'))
    await world.api.delete(resource, { namespace, name: 'before-3' })
    await settled(same)
    line.silent = true
    await world.api.patch(resource, { namespace, name: 'before-4' }, { type: 'merge', body: { data: { x: '1' } } })
    await settled(() => seen.includes('silence'))
    line.silent = false
    line.cut()
    await settled(same)
    expect(seen.filter((what) => what === 'list')).toHaveLength(1)
    stop.abort()
    await running
  })

  it('watch: a version from before the history of the server is expired', async () => {
    const watch = world.api.watch(resource, { resourceVersion: '1' }, new AbortController().signal)
    expect(await refusalOf(watch[Symbol.asyncIterator]().next())).toSatisfy(isExpired)
  })
})
