import { expect, test } from 'vitest'
import { basic, now, startIngest, tokens } from '../../../test/support/ingest-server.ts'
import { type ProjectAccess, parseAccessTable } from '../../access/table.ts'
import { realClock } from '../../runtime/clock.ts'
import { RateLimits } from './rate-limits.ts'

function project(id: string, ingestEventsPerSecond?: number): ProjectAccess {
  const quotas = { ...(ingestEventsPerSecond !== undefined && { ingestEventsPerSecond }) }
  const table = { version: 1, projects: [{ id, tokens: [], quotas }] }
  return parseAccessTable(JSON.stringify(table), 'test').projects[0]!
}

function limits() {
  const time = { ms: 1000 }
  const rates = new RateLimits({ ...realClock, monotonic: () => time.ms })
  return { time, take: (one: ProjectAccess, count: number) => rates.take(new Map([[one, count]])), rates }
}

test('rate limits: a minute of the quota at once, one event more -> passes, 429 that says when', () => {
  const { time, take } = limits()
  const ten = project('a', 10)
  take(ten, 599)
  take(ten, 1)
  expect(() => take(ten, 1)).toThrow(expect.objectContaining({ status: 429, retryable: true, retryAfterMs: 100 }))
  expect(() => take(ten, 50)).toThrow(expect.objectContaining({ retryAfterMs: 5000 }))
  time.ms += 4999
  expect(() => take(ten, 50)).toThrow(expect.objectContaining({ retryAfterMs: expect.closeTo(1) }))
  time.ms += 1
  take(ten, 50)
  expect(() => take(ten, 1)).toThrow(/exceeded rate limits/)
})

test('rate limits: a sender at its quota for an hour -> never refused; at 101 % -> refused', () => {
  for (const [share, refusals] of [
    [1, 0],
    [1.01, 1],
  ] as const) {
    const { time, take } = limits()
    let refused = 0
    for (let second = 0; second < 3600 * 2; second++) {
      time.ms += 1000 / share
      try {
        take(project('a', 100), 100)
      } catch {
        refused++
      }
    }
    expect(Math.min(refused, 1)).toBe(refusals)
  }
})

test('rate limits: one project at its limit -> no other one is', () => {
  const { take, rates } = limits()
  take(project('a', 1), 60)
  expect(() => rates.check(project('a', 1))).toThrow(/exceeded/)
  rates.check(project('b', 1))
  take(project('none'), 1_000_000)
})

test('rate limits: a request of two projects, one at its limit -> refused whole, nothing is counted', () => {
  const { rates } = limits()
  const [a, b] = [project('a', 1), project('b', 1)]
  rates.take(new Map([[a, 60]]))
  expect(() =>
    rates.take(
      new Map([
        [b, 60],
        [a, 1],
      ]),
    ),
  ).toThrow(/exceeded/)
  rates.take(new Map([[b, 60]]))
})

test('rate limits: a batch larger than a full bucket -> passes when it is full, and is owed', () => {
  const { time, take } = limits()
  const one = project('a', 1)
  take(one, 2000)
  time.ms += 1940 * 1000
  expect(() => take(one, 1)).toThrow(/exceeded/)
  time.ms += 1000
  take(one, 1)
})

test('rate limits: a quota that is raised or taken away -> holds from the next request on', () => {
  const { take } = limits()
  take(project('a', 1), 60)
  take(project('a'), 60)
  take(project('a', 2), 120)
  expect(() => take(project('a', 2), 1)).toThrow(/exceeded/)
})

test('rate limits: over HTTP -> 429 with Retry-After in both dialects, and another project is not affected', async () => {
  const time = { ms: 0 }
  const server = await startIngest({ clock: { monotonic: () => time.ms } })
  const event = (token: string, id: number) => ({
    ...{ event: 'x', properties: { token, time: now, distinct_id: 'u', $insert_id: `i-${id}` } },
  })
  const send = (token: string, count: number) =>
    fetch(`${server.url}/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...basic(token) },
      body: JSON.stringify(Array.from({ length: count }, (_, id) => event(token, id))),
    })
  expect((await send(tokens.slow, 55)).status).toBe(200)
  const limited = await send(tokens.slow, 10)
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('5')
  expect(await limited.json()).toEqual({
    ...{ code: 429, status: 'Too Many Requests' },
    error: 'Project exceeded rate limits. Please retry the request with exponential backoff.',
  })
  const track = (count: number) => {
    const data = JSON.stringify(Array.from({ length: count }, (_, id) => event(tokens.slow, 100 + id)))
    return fetch(`${server.url}/track`, { method: 'POST', body: new URLSearchParams({ data }) })
  }
  expect(await (await track(5)).text()).toBe('1')
  expect((await track(1)).status).toBe(429)
  expect((await send(tokens.shop, 100)).status).toBe(200)
  expect((await server.events()).length).toBe(160)
  time.ms += 1000
  expect(await (await track(1)).text()).toBe('1')
  await server.stop()
})
