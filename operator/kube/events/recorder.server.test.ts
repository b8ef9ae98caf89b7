import { afterAll, beforeAll, expect, it } from 'vitest'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import { configMap } from '../../../test/support/kube-contract.ts'
import { type ServerWorld, serverWorld } from '../../../test/support/kube-server.ts'
import { describeWith } from '../../../test/support/servers.ts'
import { resources } from '../resource.ts'
import { Recorder } from './recorder.ts'

describeWith('KUBECONFIG', 'events on a real API server', () => {
  let world: ServerWorld
  beforeAll(async () => {
    world = await serverWorld('events')
  })
  afterAll(() => world?.stop())

  it('events: a notice that comes again -> one Event that the server accepts, with its count', async () => {
    const { api, namespace } = world
    const regarding = await api.create(resources.configMaps, configMap(namespace, 'shop'))
    const warned: unknown[] = []
    const logger = { info: () => {}, warn: (_: string, fields?: object) => warned.push(fields), error: () => {} }
    const reporter = { controller: 'anabranch.dev/operator', instance: 'operator-0' }
    const recorder = new Recorder({ api, reporter, clock: realClock, random: realRandom, logger })
    const note = 'ä'.repeat(2000)
    for (let time = 0; time < 5; time++) {
      recorder.record({ regarding, type: 'Warning', reason: 'ReplicaHeld', action: 'Reconcile', note })
    }
    await recorder.flush()
    expect(warned).toEqual([])
    const { items } = await api.list(resources.events, { namespace })
    expect(items.map(({ reason, series }) => [reason, (series as { count: number }).count])).toEqual([
      ['ReplicaHeld', 4],
    ])
  })
})
