import { expect, test } from 'vitest'
import { runOperatorHistory } from '../history.ts'
import { operatorBugs } from './list.ts'

test('planted bugs of the operator: there are enough', () => {
  expect(Object.keys(operatorBugs).length).toBeGreaterThanOrEqual(8)
})

test.each(Object.entries(operatorBugs))(
  'planted bug of the operator %s -> found within 300 seeds, and the message says what broke',
  async (name, { story, found, from, seams }) => {
    let failure: Error | undefined
    for (let seed = from; seed <= 300 && failure === undefined; seed++) {
      failure = (await runOperatorHistory(seed, { seams: seams() })).failure
    }
    expect(failure?.message, `${name}: ${story}`).toMatch(found)
  },
  300_000,
)
