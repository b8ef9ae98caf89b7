import { describe, expect, test } from 'vitest'
import { avoidMs, orderByLoad } from './choice.ts'
import { Latencies } from './latencies.ts'

const load = (name: string, inFlight: number, avoidUntilMs = 0) => ({ name, inFlight, avoidUntilMs })
/** Dice that give these numbers in turn. */
const dice = (...numbers: number[]) => {
  let at = 0
  return () => numbers[at++ % numbers.length]!
}

describe('choice', () => {
  test('choice: two replicas -> the one with less to do, whatever the dice say', () => {
    for (const number of [0, 0.3, 0.6, 0.99]) {
      const order = orderByLoad([load('busy', 3), load('idle', 1)], 0, dice(number))
      expect(order.map(({ name }) => name)).toEqual(['idle', 'busy'])
    }
  })

  test('choice: equal load -> both come first, by the dice', () => {
    const first = (number: number) => orderByLoad([load('a', 1), load('b', 1)], 0, dice(number))[0]!.name
    expect([first(0), first(0.99)].sort()).toEqual(['a', 'b'])
  })

  test('choice: of many only two are compared -> not all query pods run after one idle replica', () => {
    const many = [load('a', 5), load('b', 4), load('idle', 0)]
    expect(orderByLoad(many, 0, dice(0, 0))[0]!.name).toBe('b')
    expect(orderByLoad(many, 0, dice(0, 0)).map(({ name }) => name)).toHaveLength(3)
  })

  test('choice: one that failed -> last, the one that comes back soonest before the others, until its time is over', () => {
    const replicas = [load('later', 0, 900), load('soon', 0, 500), load('good', 9)]
    const order = (nowMs: number) => orderByLoad(replicas, nowMs, dice(0)).map(({ name }) => name)
    expect(order(100)).toEqual(['good', 'soon', 'later'])
    expect(order(900)[0]).not.toBe('good')
    expect([1, 2, 3, 50].map(avoidMs)).toEqual([100, 200, 400, 5000])
  })

  test('latencies: few answers -> a guess; many -> what 19 of 20 take, within bounds', () => {
    const latencies = new Latencies()
    for (let i = 0; i < 15; i++) latencies.add(1)
    expect(latencies.slowMs).toBe(250)
    for (let i = 0; i < 128; i++) latencies.add(i < 120 ? 20 : 500)
    expect(latencies.slowMs).toBe(500)
    for (let i = 0; i < 128; i++) latencies.add(i < 124 ? 20 : 500)
    expect(latencies.slowMs).toBe(20)
    for (let i = 0; i < 128; i++) latencies.add(0.1)
    expect(latencies.slowMs).toBe(10)
    for (let i = 0; i < 128; i++) latencies.add(60_000)
    expect(latencies.slowMs).toBe(2000)
  })
})
