import { expect, test } from 'vitest'
import { SeededRandom } from '../random.ts'
import { Coverage } from './coverage.ts'
import { Life } from './life.ts'
import { type Operation, Scheduler } from './scheduler.ts'
import { Trace } from './trace.ts'

function make(seed: number, options: { intervene?: (operation: Operation) => boolean; hurry?: number } = {}) {
  const [trace, coverage] = [new Trace(), new Coverage()]
  const scheduler = new Scheduler({
    random: new SeededRandom(seed),
    trace,
    coverage,
    hurry: () => options.hurry ?? 0,
    weight: () => 1,
    intervene: options.intervene ?? (() => false),
  })
  return { scheduler, trace, coverage }
}

/** The order in which three operations that wait together complete. */
async function order(seed: number): Promise<string> {
  const { scheduler } = make(seed)
  const done: string[] = []
  for (const name of ['a', 'b', 'c']) scheduler.pass(new Life(name, 'process', 1), name).then(() => done.push(name))
  await scheduler.run(() => false, { stepsMax: 10 })
  return done.join('')
}

test('scheduler: operations that wait together -> complete in any order, the same one for a seed', async () => {
  const orders = new Set<string>()
  for (let seed = 0; seed < 60; seed++) orders.add(await order(seed))
  expect(orders.size).toBe(6)
  expect(await order(7)).toBe(await order(7))
})

test('scheduler: nothing is due -> time moves to the next sleeper, and no further', async () => {
  const { scheduler } = make(1)
  const woken: number[] = []
  for (const ms of [50, 20, 90]) scheduler.pass(undefined, 'sleep', { ms }).then(() => woken.push(scheduler.elapsed))
  expect(await scheduler.run(() => woken.length === 2, { stepsMax: 10 })).toBe('done')
  expect(woken).toEqual([20, 50])
  expect(await scheduler.run(() => false, { stepsMax: 10 })).toBe('idle')
})

test('scheduler: a process that crashes -> is answered no more, but its requests may still arrive', async () => {
  let arrived = 0
  for (let seed = 0; seed < 40; seed++) {
    const life = new Life('p', 'process', 1)
    const { scheduler, coverage } = make(seed, { intervene: ({ label }) => label === 'here' && crash() })
    const crash = () => {
      scheduler.crash(life)
      return true
    }
    let answered = false
    scheduler.pass(life, 'put', { outlives: true, ms: 1 }).then(() => {
      arrived++
      return scheduler.pass(life, 'reply').then(() => {
        answered = true
      })
    })
    scheduler.pass(life, 'here')
    const call = life.call('LOG_UNAVAILABLE', () => new Promise(() => undefined))
    const told = expect(call).rejects.toThrow(/LOG_UNAVAILABLE: .*p#1 is down/)
    await scheduler.run(() => false, { stepsMax: 5 })
    expect([answered, life.alive]).toEqual([false, false])
    expect([...coverage.crashes.keys()]).toEqual(['process opening here'])
    await told
  }
  expect(arrived).toBeGreaterThan(5)
  expect(arrived).toBeLessThan(35)
})

test('scheduler: a world that does not come to its end -> an error that says what it waits for', async () => {
  const { scheduler } = make(1)
  const again = (): Promise<void> => scheduler.pass(undefined, 'tick', { ms: 1 }).then(again)
  void again()
  await expect(scheduler.run(() => false, { stepsMax: 20 })).rejects.toThrow(/not done after 20 steps.*world tick/)
})

test('trace: one line differs -> the hash differs; only the newest lines are kept', () => {
  const of = (lines: string[]) => {
    const trace = new Trace({ keep: 2 })
    for (const line of lines) trace.add(line)
    return trace
  }
  expect(of(['a', 'b', 'c']).hash).toBe(of(['a', 'b', 'c']).hash)
  expect(of(['a', 'b', 'c']).hash).not.toBe(of(['x', 'b', 'c']).hash)
  expect(of(['a', 'b', 'c']).hash).not.toBe(of(['b', 'a', 'c']).hash)
  expect(of(['a', 'b', 'c', 'd', 'e']).tail).toEqual(['d', 'e'])
})
