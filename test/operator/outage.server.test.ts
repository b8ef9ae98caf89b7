/**
 * The operator as it is installed, on a real API server, and what becomes of a cluster without it: who leads may die, all of it may be away for
 * minutes (`ANABRANCH_OUTAGE_SECONDS`, 300 by default) while events come in and are asked for, and replicas die too.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin } from '../../dataplane/rpc/remote-admin.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { isReady, passing, stateOf, type World } from '../../devcluster/runner/suite/world.ts'
import type { Shard } from '../../operator/kube/kinds.ts'
import { resources } from '../../operator/kube/resource.ts'
import { isConflict } from '../../operator/kube/status-error.ts'
import { ports } from '../../operator/render/names.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'
import { ClusterUser } from './cluster-user.ts'
import { Exam } from './exam.ts'
import { account, InstalledOperator } from './installed-operator.ts'
import { realWorld } from './real-world.ts'
import { Traffic } from './traffic.ts'
import { WriteMeter } from './write-meter.ts'

const outageMs = Number(process.env.ANABRANCH_OUTAGE_SECONDS ?? 300) * 1000
/** Each kill of a primary has its part of the outage, and the outage its end. */
const kills = 3
const steadyMs = 60_000

describeWith('KUBECONFIG', 'the installed operator on a real API server', () => {
  let world: World
  let operator: InstalledOperator
  let meter: WriteMeter
  let user: ClusterUser
  const exam = new Exam('checkout')

  beforeAll(async () => {
    world = await realWorld()
    meter = await WriteMeter.of(world.api, world.namespace, account)
    operator = await InstalledOperator.install(world, 'anabranch:dev')
    user = new ClusterUser(world, 'shop', 'checkout')
  })
  afterAll(async () => {
    // Also after a test that broke off while no operator was there.
    await operator?.back()
    const { items } = await world.api.list(resources.eventClusters, { namespace: world.namespace })
    for (const { metadata } of items) await world.delete(resources.eventClusters, metadata.name)
    await user.gone(resources.eventClusters)
    await operator?.remove()
    await meter?.end()
    await world?.end()
  })

  const small = { requests: { cpu: '10m', memory: '64Mi' } }
  const spec = {
    ...{ id: 'shop-eu', upgrade: { minReadySeconds: 1 }, log: { partitions: 4, file: { resources: small } } },
    ...{ shard: { replicas: 2, resources: small, cut: { maxAgeSeconds: 2 } }, query: { replicas: 2 } },
  }
  const shard = async () =>
    (await world.api.get(resources.shards, { namespace: world.namespace, name: 'shop-0' })) as Shard
  const primary = async () => (await shard()).status!.primary!
  /** What a replica says of the shard; `undefined`: nothing. */
  const said = async (pod: string) => {
    const address = `${(await world.get(pod))?.status?.podIP}:${ports.grpc}`
    const admin = connectAdmin({ address, credentials: plainText, clock: realClock, timeoutMs: 2_000 })
    return await admin
      .status()
      .then(
        ({ shards }) => shards[0],
        () => undefined,
      )
      .finally(() => admin.close())
  }
  const manifestVersion = async (pod: string) => (await said(pod))?.manifestVersion ?? 0
  const whole = async () => {
    await settled(async () => (await user.condition('Redundant')).startsWith('True'), 90_000)
    await user.rests()
    await settled(() => operator.isWhole(), 60_000)
  }
  /** Writes that the server counted while `act` went on, besides those to the Lease. */
  const writesDuring = async (act: () => Promise<unknown>) => {
    const before = await meter.read()
    await act()
    const after = await meter.read()
    // The meter runs: whoever leads renews.
    expect(after.leases).toBeGreaterThan(before.leases)
    return after.others - before.others
  }

  test('a cluster of two replicas -> Ready and Redundant under the account that is installed, answers as the oracle', async () => {
    await user.apply('EventCluster', 'shop', spec)
    await user.apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
    await whole()
    await user.send(exam.draw(500))
    await user.examine(exam)
    await meter.counts()
  })

  test('nothing happens for a minute -> no write but the Lease, counted by the server (OPR-2)', async () => {
    const writes = await writesDuring(async () => {
      const reconciles = await operator.reconciles()
      await passing(steadyMs)
      expect(await operator.reconciles()).toBeGreaterThan(reconciles)
    })
    expect(writes).toBe(0)
  })

  test('kill -9 of the leader -> another leads under a higher term, and writes nothing but the Lease (OPR-2)', async () => {
    const [former, { holder, term }] = [await operator.leads(), await operator.lease()]
    const writes = await writesDuring(async () => {
      operator.kill(former)
      await settled(async () => (await operator.lease()).holder !== holder, 40_000)
      expect((await operator.lease()).term).toBeGreaterThan(term)
      await settled(async () => (await operator.reconciles()) >= 2, 60_000)
      await settled(() => operator.isWhole(), 60_000)
    })
    expect(writes).toBe(0)
    await user.apply('EventCluster', 'shop', { ...spec, query: { replicas: 1 } })
    await settled(async () => (await user.condition('Updated')).startsWith('True'), 60_000)
    await user.apply('EventCluster', 'shop', spec)
    await whole()
  })

  test(
    `no operator for ${outageMs / 1000} s, the primary killed ${kills} times -> events come in, queries answer, cuts go on, without one failure`,
    async () => {
      await settled(() => operator.isWhole(), 60_000)
      await operator.away()
      const before = await shard()
      const traffic = new Traffic(user, exam)
      for (let kill = 0; kill < kills; kill++) {
        const end = realClock.monotonic() + outageMs / kills
        const pod = await primary()
        const [version, restarts] = [
          await manifestVersion(pod),
          stateOf((await world.get(pod))!, 'replica')!.restartCount,
        ]
        process.kill(world.runner.pidOf(world.namespace, pod, 'replica')!, 'SIGKILL')
        await world.untilPod(pod, (one) => isReady(one) && stateOf(one, 'replica')!.restartCount > restarts)
        await settled(async () => (await manifestVersion(pod)) > version, 60_000)
        await passing(Math.max(0, end - realClock.monotonic()))
      }
      await traffic.stop()
      expect(traffic.failures).toEqual([])
      expect(traffic.imports).toBeGreaterThan(outageMs / 2_000)
      expect(traffic.answers).toBeGreaterThan(outageMs / 2_000)
      expect((await shard()).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
      await user.examine(exam)
    },
    outageMs + 120_000,
  )

  test('the operator returns when all is well -> it reconciles and writes nothing but the Lease (OPR-2)', async () => {
    // A replica that was killed a moment ago has not compared all cuts yet: that would be news, and be written.
    for (const pod of ['shop-0-0', 'shop-0-1']) {
      await settled(async () => (await said(pod))?.audit === 'audited', 60_000)
    }
    const writes = await writesDuring(async () => {
      await operator.back()
      await settled(async () => (await operator.reconciles()) >= 2, 60_000)
      await settled(() => operator.isWhole(), 60_000)
    })
    expect(writes).toBe(0)
    await user.becomes('Ready')
    await user.examine(exam)
  })

  test('no operator, and the pod of the primary is gone -> the other replica cuts; the operator returns: handed over, two again', async () => {
    await settled(() => operator.isWhole(), 60_000)
    await operator.away()
    const former = await primary()
    const other = former === 'shop-0-0' ? 'shop-0-1' : 'shop-0-0'
    const { uid } = (await world.get(former))!.metadata
    const traffic = new Traffic(user, exam)
    await world.api.delete(resources.pods, { namespace: world.namespace, name: former }, { gracePeriodSeconds: 0 })
    await world.untilGone(former)
    const version = await manifestVersion(other)
    await settled(async () => (await manifestVersion(other)) > version + 1, 60_000)
    await operator.back()
    await settled(async () => (await primary()) === other, 60_000)
    await settled(async () => ((await world.get(former))?.metadata.uid ?? uid) !== uid, 60_000)
    await whole()
    await traffic.stop()
    expect(traffic.failures).toEqual([])
    await user.examine(exam)
  })

  test('deleted with Retain, made again with its id under another name -> the same answers', async () => {
    await world.delete(resources.eventClusters, 'shop')
    await user.gone(resources.eventClusters)
    user.cluster = 'store'
    await user.apply('EventCluster', 'store', spec)
    await world.delete(resources.projects, 'checkout')
    await user
      .apply('Project', 'checkout', { clusterRef: { name: 'store' }, id: 'checkout' })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error
      })
    await user.becomes('Ready')
    expect((await user.get()).status?.data).toEqual({ id: 'shop-eu', origin: 'Adopted' })
    await user.examine(exam)
  })
})
