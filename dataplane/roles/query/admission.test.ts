import { describe, expect, test } from 'vitest'
import { SimulatedClock } from '../../../sim/clock.ts'
import { parseAccessTable } from '../../access/table.ts'
import { Admission } from './admission.ts'

const project = (id: string, quotas: object = {}) =>
  parseAccessTable(JSON.stringify({ version: 1, projects: [{ id, tokens: [], quotas }] }), 'test').projects[0]!

describe('admission', () => {
  test('admission: as many queries as a project may run -> the next is 429, another project is not held up (QRY-2)', () => {
    const admission = new Admission({ clock: new SimulatedClock(), concurrentQueries: 3 })
    const [own, other] = [project('own', { concurrentQueries: 2 }), project('other')]
    const running = [admission.enter(own), admission.enter(own)]
    expect(() => admission.enter(own)).toThrow(/RATE_LIMITED: project own runs 2 queries, want at most 2 at a time/)
    for (let i = 0; i < 3; i++) admission.enter(other)
    expect(() => admission.enter(other)).toThrow(/want at most 3/)
    running[0]!.leave()
    running[0]!.leave()
    admission.enter(own)
    expect(() => admission.enter(own)).toThrow(/RATE_LIMITED/)
  })

  test('admission: more bytes than the budget of a minute -> 429 with the time to wait, then again (QRY-2)', () => {
    const clock = new SimulatedClock()
    const admission = new Admission({ clock, concurrentQueries: 10 })
    const own = project('own', { scanBytesPerMinute: 6000 })
    const first = admission.enter(own)
    first.charge(5999)
    admission.enter(own).charge(3001)
    first.leave()
    try {
      admission.enter(own)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryable: true, retryAfterMs: 30_000 })
    }
    clock.advance(29_000)
    expect(() => admission.enter(own)).toThrow(/scanned more than 6000 bytes in a minute/)
    clock.advance(1_001)
    admission.enter(own)
    for (let i = 0; i < 5; i++) admission.enter(project('free')).charge(1e12)
  })
})
