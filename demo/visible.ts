/**
 * Waits until every event that was taken can be queried, and returns the position of the log that shows them all.
 *
 * The oracle knows how many events there are once copies are left out; a cluster that never shows as many is asked all
 * the same, and its answers then differ.
 */
import { type Answer, ask, type Http, type QueryEndpoint } from './http.ts'
import type { JudgePort } from './judge/port.ts'

export interface Waiting {
  readonly http: Http
  readonly now: () => number
  readonly judge: Pick<JudgePort, 'visible'>
}

const patienceMs = 30_000
const pauseMs = 50
/** All times that an event can have. */
const everything = { from: 0, to: Date.UTC(9999, 0, 1) }

export async function untilVisible(endpoint: QueryEndpoint, { http, now, judge }: Waiting): Promise<Answer> {
  const want = await judge.visible()
  const document = { ...everything, type: 'segmentation', timezone: 'UTC', select: {}, measure: 'total' }
  const deadline = now() + patienceMs
  for (;;) {
    const answer = await ask(http, endpoint, document)
    const { overall } = answer.result as { overall: { events: number } }
    if ((overall.events === want && answer.pending === 0) || overall.events > want || now() > deadline) return answer
    await http.sleep(pauseMs)
  }
}
