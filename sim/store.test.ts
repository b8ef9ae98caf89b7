import { expect, test } from 'vitest'
import { objectStoreContract } from '../test/support/object-store-contract.ts'
import { SimulatedClock } from './clock.ts'
import { SimBucket } from './store.ts'

objectStoreContract('simulated', async () => new SimBucket().connect(new SimulatedClock()))

const bytes = new Uint8Array([1])

test('simulated store: a failed put leaves nothing, one with a lost reply leaves the object', async () => {
  const bucket = new SimBucket()
  const store = bucket.connect(new SimulatedClock(), ({ index }) => ({ kind: index === 0 ? 'fail' : 'loseReply' }))
  await expect(store.putIfAbsent('a/1.x', bytes)).rejects.toThrow(/STORE_UNAVAILABLE/)
  await expect(store.putIfAbsent('a/2.x', bytes)).rejects.toThrow(/STORE_UNAVAILABLE/)
  expect([...bucket.objects.keys()]).toEqual(['a/2.x'])
})

test('simulated store: a late write lands after its caller was told that it failed', async () => {
  const [bucket, clock] = [new SimBucket(), new SimulatedClock()]
  const store = bucket.connect(clock, () => ({ kind: 'late', afterMs: 10 }))
  await expect(store.putIfAbsent('a/1.x', bytes)).rejects.toThrow(/STORE_UNAVAILABLE/)
  expect(bucket.objects.size).toBe(0)
  clock.advance(10)
  await undefined
  expect(bucket.objects.size).toBe(1)
})

test('simulated store: a crash answers nothing, whether the write happened before it or not', async () => {
  for (const effect of [false, true]) {
    const [bucket, clock] = [new SimBucket(), new SimulatedClock()]
    const store = bucket.connect(clock, () => ({ kind: 'slow', ms: 10 }))
    let answered = false
    store.putIfAbsent('a/1.x', bytes).finally(() => {
      answered = true
    })
    if (effect) {
      clock.advance(5)
      await undefined
    }
    expect(bucket.objects.size).toBe(effect ? 1 : 0)
    store.crash()
    while (clock.advanceToNext()) await undefined
    await undefined
    expect(answered).toBe(false)
  }
})
