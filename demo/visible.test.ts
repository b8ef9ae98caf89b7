import { expect, test } from 'vitest'
import type { Http } from './http.ts'
import { untilVisible } from './visible.ts'

/** A cluster that shows so many events, so many of them undecided, from one question to the next; the last stays. */
function cluster(...states: readonly (readonly [events: number, pending: number])[]) {
  let asked = 0
  let time = 0
  const http: Http = {
    async post({ url, headers }) {
      expect([url, headers.authorization]).toEqual(['http://q/v1/query', 'Bearer secret'])
      const [events, pending] = states[Math.min(asked++, states.length - 1)]!
      const answer = { result: { overall: { events } }, at: { generation: 1, next: { 0: asked } }, pending, cost: {} }
      return { status: 200, text: JSON.stringify(answer), retryAfterMs: undefined }
    },
    async sleep(ms) {
      time += ms
    },
  }
  const wait = (visible: number) =>
    untilVisible(
      { url: 'http://q', token: 'secret' },
      { http, now: () => time, judge: { visible: async () => visible } },
    )
  return { wait, asked: () => asked, time: () => time }
}

test('visible: fewer events than were taken, or some undecided -> asks again, until the position that shows them all', async () => {
  const { wait } = cluster([0, 0], [2, 0], [3, 1], [3, 0], [3, 0])
  expect((await wait(3)).at.next).toEqual({ 0: 4 })
})

test('visible: more events than the oracle knows -> no use waiting: the answers will differ', async () => {
  const { wait, asked } = cluster([4, 0])
  await wait(3)
  expect(asked()).toBe(1)
})

test('visible: never as many -> gives up waiting after 30 s, and asks all the same', async () => {
  const { wait, time } = cluster([2, 0])
  expect((await wait(3)).result).toEqual({ overall: { events: 2 } })
  expect(time()).toBeGreaterThan(30_000)
  expect(time()).toBeLessThan(31_000)
})
