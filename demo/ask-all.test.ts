import { expect, test } from 'vitest'
import type { Query } from '../oracle/query.ts'
import { askAll } from './ask-all.ts'
import type { Http } from './http.ts'
import { Judge } from './judge/judge.ts'
import { report } from './report.ts'

const time = Date.UTC(2026, 0, 1)
const judge = new Judge('p')
judge.take(
  ['Look', 'Look', 'Buy', 'Look', 'Buy'].map((event, i) =>
    JSON.stringify({ event, properties: { time: time + i, distinct_id: `u${i % 2}`, $insert_id: `i${i}` } }),
  ),
)

/** A cluster that answers as the oracle does, but for what `alter` makes of the text. */
function cluster(alter: (text: string) => string): { http: Http; minimums: unknown[] } {
  const minimums: unknown[] = []
  const http: Http = {
    async post({ body }) {
      const { minimum, ...query } = JSON.parse(body) as Query & { minimum: unknown }
      minimums.push(minimum)
      const text = alter(JSON.stringify(judge.answer(query as Query)))
      return { status: 200, text: `{"result":${text},"at":{},"pending":0,"cost":{}}`, retryAfterMs: undefined }
    },
    async sleep() {},
  }
  return { http, minimums }
}

async function judged(alter: (text: string) => string) {
  const { http, minimums } = cluster(alter)
  const port = { profile: async () => judge.profile(), answer: async (query: Query) => judge.answer(query) }
  const at = { generation: 1, next: { 0: 7 } }
  const options = { http, now: () => 0, judge: port, at }
  const told: string[] = []
  const all = await askAll({ url: 'http://q', token: 't' }, { project: 'p', wishes: {} }, options, ({ question }) =>
    told.push(question.query.type),
  )
  const imported = { accepted: 5, refused: 0, firstRefused: [], ms: 1 }
  const document = JSON.parse(report({ title: 'some events', project: 'p' }, imported, all))
  return { all, told, minimums, document }
}

test('ask: answers as the oracle gives them -> equal, each told as it comes, none older than what was imported', async () => {
  const { all, told, minimums, document } = await judged((text) => text)
  expect(told).toEqual(['segmentation', 'funnel', 'retention'])
  expect(all.map(({ difference }) => difference)).toEqual([undefined, undefined, undefined])
  expect(minimums).toEqual(Array(3).fill({ generation: 1, next: { 0: 7 } }))
  expect(document.equalToOracle).toBe(true)
})

test('ask: one number of one answer is off by one -> that answer differs, and all together are not equal (QRY-1)', async () => {
  const { all, document } = await judged((text) => text.replace('{"steps":[{"users":2}', '{"steps":[{"users":3}'))
  expect(all.map(({ difference }) => difference)).toEqual([
    undefined,
    'result.steps[0].users: the cluster says 3, the oracle 2',
    undefined,
  ])
  expect(document.equalToOracle).toBe(false)
  expect(document.answers[1]).toMatchObject({ equalToOracle: false, expected: { steps: [{ users: 2 }, { users: 1 }] } })
})
