import { afterEach, expect, it } from 'vitest'
import { selfSigned } from '../../../common/certificate.ts'
import { unavailable } from '../../../common/errors/errors.ts'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { configMap, refusalOf } from '../../../test/support/kube-contract.ts'
import { type HttpWorldOptions, httpWorld } from '../../../test/support/kube-http.ts'
import { settled } from '../../../test/support/until.ts'
import { keyOf } from '../object.ts'
import { resources } from '../resource.ts'
import { StatusError } from '../status-error.ts'
import type { Credentials } from './access.ts'
import { HttpApi } from './http-api.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function start(options: HttpWorldOptions = {}) {
  const world = await httpWorld(realClock, options)
  stops.push(() => world.stop())
  return world
}

const resource = resources.configMaps
const key = (name: string) => ({ namespace: 'default', name })

// A request may begin before the last one has given its connection back.
it('client: 300 requests one after the other -> two connections at most', async () => {
  const { api, server } = await start()
  for (let request = 0; request < 300; request++) await api.get(resource, key('x'))
  expect(server.connections).toBeLessThanOrEqual(2)
})

it('client: over TLS 300 requests, 10 at a time -> 20 connections at most, not one for each', async () => {
  const { certificate, key: secret } = selfSigned()
  const { api, server } = await start({
    tls: { certificate, key: secret },
    access: { credentials: async () => ({ ca: certificate }) },
  })
  for (let batch = 0; batch < 30; batch++) {
    await Promise.all(Array.from({ length: 10 }, () => api.get(resource, key('x'))))
  }
  expect(server.connections).toBeLessThanOrEqual(20)
})

it('client: the authority or the certificate of the client is replaced -> the next request uses it, on a new connection', async () => {
  const [authority, known, unknown] = [selfSigned(), selfSigned(), selfSigned()]
  const as = ({ certificate, key: secret }: typeof known): Credentials => ({
    ca: authority.certificate,
    certificate,
    key: secret,
  })
  let credentials = as(known)
  const { api, machinery } = await start({
    tls: { ...authority, clients: known.certificate },
    access: { credentials: async () => credentials },
  })
  await api.create(resource, configMap('default', 'a'))
  credentials = as(unknown)
  expect(await refusalOf(api.create(resource, configMap('default', 'b')))).toMatchObject({ code: 'KUBE_UNAVAILABLE' })
  credentials = as(known)
  await api.create(resource, configMap('default', 'c'))
  credentials = { ...as(known), ca: selfSigned().certificate }
  expect(await refusalOf(api.get(resource, key('a')))).toMatchObject({ code: 'KUBE_UNAVAILABLE' })
  const names = [...machinery.storage.at(resource, machinery.storage.revision)!.keys()]
  expect(names).toEqual(['default/a', 'default/c'])
})

it('client: a token is refused -> fetched anew and the request made once more; refused again -> said', async () => {
  let wanted = 'Bearer one'
  let token = 'one'
  let forgotten = 0
  const forget = () => {
    forgotten++
    token = 'two'
  }
  const { api, machinery } = await start({
    authorise: (header) => header === wanted,
    access: { credentials: async () => ({ token }), forget },
  })
  await api.create(resource, configMap('default', 'a'))
  wanted = 'Bearer two'
  await api.create(resource, configMap('default', 'b'))
  expect([forgotten, machinery.get(resource, key('b')) !== undefined]).toEqual([1, true])
  wanted = 'Bearer three'
  expect(await refusalOf(api.get(resource, key('a')))).toMatchObject({ status: 401, reason: 'Unauthorized' })
})

it('client: a refusal carries reason, words and when to come back', async () => {
  const { api, server } = await start()
  server.faults.add({ kind: 'status', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 3 })
  const refused = (await refusalOf(api.create(resource, configMap('default', 'a')))) as StatusError
  expect(refused).toBeInstanceOf(StatusError)
  expect([refused.status, refused.reason, refused.retryAfterMs]).toEqual([429, 'TooManyRequests', 3000])
  expect(refused.message).toBe(
    'POST /api/v1/namespaces/default/configmaps: 429 TooManyRequests: injected TooManyRequests',
  )
})

it('client: the connection is cut before or after a write is carried out -> unavailable, tried once, outcome unknown', async () => {
  const { api, server, machinery } = await start()
  server.faults.add({ kind: 'reset' })
  expect(await refusalOf(api.create(resource, configMap('default', 'a')))).toMatchObject({ code: 'KUBE_UNAVAILABLE' })
  expect(machinery.get(resource, key('a'))).toBeUndefined()
  server.faults.add({ kind: 'lostReply' })
  expect(await refusalOf(api.create(resource, configMap('default', 'b')))).toMatchObject({ code: 'KUBE_UNAVAILABLE' })
  expect(machinery.get(resource, key('b'))).toBeDefined()
  expect(server.requests.get('POST')).toBe(2)
})

it('client: a watch that hangs can be aborted; its connection is given back', async () => {
  const { api, server } = await start()
  server.faults.add({ kind: 'hang' })
  const stop = new AbortController()
  const watching = refusalOf(api.watch(resource, {}, stop.signal)[Symbol.asyncIterator]().next())
  await settled(() => server.requests.get('WATCH') === 1)
  stop.abort(new Error('enough'))
  expect(await watching).toEqual(new Error('enough'))
  for await (const event of api.watch(resources.namespaces, {}, new AbortController().signal)) {
    expect(event.type).toBe('ADDED')
    break
  }
  expect(await api.get(resource, key('none'))).toBeUndefined()
})

it.each([1, 2])(
  'client: fenced at look %i before a write -> nothing arrives, and the reason comes out (OPR-1)',
  async (look) => {
    const { server, machinery, url } = await start()
    const live = machinery.create(resource, configMap('default', 'a'))
    let looks = 0
    const api = new HttpApi({
      access: { server: url, namespace: 'default', credentials: async () => ({}), forget: () => {} },
      userAgent: 'test',
      monotonic: () => 0,
      beforeWrite: () => {
        if (++looks === look) unavailable('LEADER_LOST', 'term 1: its time ran out')
      },
    })
    stops.unshift(() => api.close())
    const { revision } = machinery.storage
    expect(await refusalOf(api.delete(resource, keyOf(live)))).toMatchObject({ code: 'LEADER_LOST' })
    expect([machinery.storage.revision, server.requests.get('DELETE')]).toEqual([revision, undefined])
    looks = 5
    await api.delete(resource, keyOf(live))
    expect(machinery.get(resource, keyOf(live))).toBeUndefined()
  },
)

it('client: every answer is told to the metrics, and a request without one as status 0', async () => {
  const { server, url } = await start()
  const seen: string[] = []
  const api = new HttpApi({
    access: { server: url, namespace: 'default', credentials: async () => ({}), forget: () => {} },
    userAgent: 'test',
    monotonic: () => 0,
    observe: ({ method, status }) => seen.push(`${method} ${status}`),
  })
  stops.unshift(() => api.close())
  await api.create(resource, configMap('default', 'a'))
  await api.get(resource, key('none'))
  server.faults.add({ kind: 'reset' })
  await refusalOf(api.list(resource))
  expect(seen).toEqual(['POST 201', 'GET 404', 'GET 0'])
})
