import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { rawExchange, rawRequest } from '../../../test/support/raw-http.ts'
import { runtimeMetrics } from '../metrics.ts'
import { serveProbes } from './probes.ts'

it('probes: alive, ready and metrics are told apart, with what is waited for', async () => {
  const metrics = new Registry()
  runtimeMetrics(metrics, { host: 'test', lease: 'operator' }).leading(7)
  let waiting = ['store of pods is not filled']
  const probes = await serveProbes({ host: '127.0.0.1', port: 0, metrics, unhealthy: () => [], unready: () => waiting })
  const ask = async (path: string) => {
    const reply = await rawExchange(probes.port, rawRequest(path))
    return `${reply?.status} ${reply?.body}`
  }
  try {
    expect(await ask('GET /healthz')).toMatch(/^200 ok/)
    expect(await ask('GET /readyz')).toMatch(/^503 store of pods is not filled/)
    waiting = []
    expect(await ask('GET /readyz')).toMatch(/^200 /)
    const text = await ask('GET /metrics')
    expect(text).toContain('leader_election_master_status{name="operator"} 1')
    expect(text).toContain('anabranch_operator_leader_term 7')
    expect(await ask('GET /other')).toMatch(/^404 /)
    expect(await ask('POST /healthz')).toMatch(/^405 /)
  } finally {
    await probes.close()
  }
})
