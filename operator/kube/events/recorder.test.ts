import { expect, it } from 'vitest'
import { configMap } from '../../../test/support/kube-contract.ts'
import { countingRandom, memoryApi } from '../../../test/support/kube-memory.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { resources } from '../resource.ts'
import type { Notice } from './event.ts'
import { Recorder } from './recorder.ts'

function start() {
  const clock = new ManualClock()
  const api = memoryApi(clock)
  const regarding = api.machinery.create(resources.configMaps, configMap('default', 'shop'))
  const seen: string[] = []
  const logger = { info: () => {}, warn: () => seen.push('warned'), error: () => {} }
  const reporter = { controller: 'anabranch.dev/operator', instance: 'operator-0' }
  const recorder = new Recorder({
    api,
    reporter,
    clock,
    random: countingRandom(),
    logger,
    observe: (what) => seen.push(what),
  })
  const notice: Notice = {
    regarding,
    type: 'Normal',
    reason: 'ReplicaAdded',
    action: 'Scale',
    note: 'shop-0-1 was added',
  }
  const events = async () => (await api.list(resources.events)).items
  return { clock, api, recorder, notice, seen, events }
}

it('events: something happens -> an Event that says what, why and about which object', async () => {
  const { recorder, notice, events } = start()
  recorder.record(notice)
  await recorder.flush()
  const [event] = await events()
  expect(event).toMatchObject({
    metadata: { namespace: 'default' },
    type: 'Normal',
    reason: 'ReplicaAdded',
    action: 'Scale',
    note: 'shop-0-1 was added',
    reportingController: 'anabranch.dev/operator',
    regarding: { kind: 'ConfigMap', name: 'shop', uid: notice.regarding.metadata.uid },
  })
})

it('events: the same thing a hundred times -> one Event with a count, seven writes', async () => {
  const { recorder, notice, seen, events } = start()
  for (let time = 0; time < 100; time++) recorder.record(notice)
  await recorder.flush()
  const all = await events()
  expect(all).toHaveLength(1)
  expect(all[0]!.series).toMatchObject({ count: 64 })
  expect(seen.filter((what) => what === 'written')).toHaveLength(7)
})

it('events: the same thing now and then -> counted at least every six minutes; after a long pause a new Event', async () => {
  const { clock, recorder, notice, events } = start()
  for (let time = 0; time < 12; time++) {
    recorder.record(notice)
    await clock.advance(60_000)
  }
  await recorder.flush()
  expect((await events())[0]!.series).toMatchObject({ count: 8 })
  for (let time = 0; time < 3; time++) {
    recorder.record(notice)
    await clock.advance(60_000)
  }
  await recorder.flush()
  expect((await events())[0]!.series).toMatchObject({ count: 14 })
  await clock.advance(360_000)
  recorder.record(notice)
  await recorder.flush()
  expect(await events()).toHaveLength(2)
})

it('events: one object with ever new notes -> 25, then one in five minutes; others are not affected', async () => {
  const { clock, api, recorder, notice, events } = start()
  for (let time = 0; time < 40; time++) recorder.record({ ...notice, note: `note ${time}` })
  await recorder.flush()
  expect(await events()).toHaveLength(25)
  const regarding = api.machinery.create(resources.configMaps, configMap('default', 'other'))
  recorder.record({ ...notice, regarding })
  await clock.advance(300_000)
  recorder.record({ ...notice, note: 'later' })
  recorder.record({ ...notice, note: 'too soon' })
  await recorder.flush()
  expect(await events()).toHaveLength(27)
})

it('events: the server has forgotten the Event -> no complaint; a namespace that is gone -> dropped', async () => {
  const { api, recorder, notice, seen, events } = start()
  recorder.record(notice)
  await recorder.flush()
  const { metadata } = (await events())[0]!
  api.machinery.delete(resources.events, { namespace: 'default', name: metadata.name })
  recorder.record(notice)
  await recorder.flush()
  expect(seen).toEqual(['written', 'dropped'])
})

it('events: a long note -> cut at 1,024 bytes, not through a character', async () => {
  const { recorder, notice, events } = start()
  recorder.record({ ...notice, note: `x${'ä'.repeat(2000)}` })
  recorder.record({ ...notice, note: 'y'.repeat(1024) })
  await recorder.flush()
  const notes = (await events()).map(({ note }) => String(note)).toSorted()
  expect(notes).toEqual([`x${'ä'.repeat(510)}…`, 'y'.repeat(1024)])
})
