import { once } from 'node:events'
import { afterEach, expect, it } from 'vitest'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { configMap } from '../../../test/support/kube-contract.ts'
import { type HttpWorld, httpWorld } from '../../../test/support/kube-http.ts'
import { type CandidateProcess, endCandidates, startCandidate } from '../../../test/support/processes/candidate.ts'
import { settled } from '../../../test/support/until.ts'
import { resources } from '../resource.ts'

const limits = { leaseMs: 2000, actMs: 1300, retryMs: 200 }
const namespace = 'default'
let world: HttpWorld | undefined

afterEach(async () => {
  await endCandidates()
  await world?.stop()
})

/** Two processes of which one leads and has written, and the terms of all writes so far. */
async function twoCandidates() {
  world = await httpWorld(realClock)
  const { machinery, url } = world
  machinery.create(resources.configMaps, configMap(namespace, 'written'))
  const terms: number[] = []
  machinery.storage.listen(({ after }) => {
    const term = (after?.data as { term?: string } | undefined)?.term
    if (after?.metadata.name === 'written' && term !== undefined) terms.push(Number(term))
  })
  const candidates = [1, 2].map(() => startCandidate({ url, namespace, limits }))
  await settled(() => terms.length > 20)
  const leader = candidates.find(({ led }) => led.length > 0)!
  const standby = candidates.find((one) => one !== leader)!
  return { leader, standby, terms }
}

const rises = (terms: readonly number[]) => terms.every((term, index) => index === 0 || term >= terms[index - 1]!)
const writesAs = (terms: readonly number[], { led }: CandidateProcess) => terms.includes(led.at(-1) ?? -1)

it('takeover: the leader is stopped by SIGSTOP past its time and continued -> it writes nothing more (OPR-1)', async () => {
  const { leader, standby, terms } = await twoCandidates()
  leader.child.kill('SIGSTOP')
  await settled(() => standby.led.length > 0 && writesAs(terms, standby))
  const before = terms.length
  leader.child.kill('SIGCONT')
  await settled(() => leader.lost.length > 0 && terms.length > before + 20)
  expect(rises(terms)).toBe(true)
})

it('takeover: the leader is killed -> the other writes with a higher term; told to end, it releases', async () => {
  const { leader, standby, terms } = await twoCandidates()
  leader.child.kill('SIGKILL')
  await settled(() => writesAs(terms, standby))
  expect(standby.led[0]).toBeGreaterThan(leader.led.at(-1)!)
  standby.child.kill('SIGTERM')
  await once(standby.child, 'exit')
  expect(standby.child.exitCode).toBe(0)
  const lease = world!.machinery.get(resources.leases, { namespace, name: 'candidates' })
  expect(lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: standby.led.at(-1) })
  expect(rises(terms)).toBe(true)
})
