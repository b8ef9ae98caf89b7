import { describe, expect, test } from 'vitest'
import { runHistory } from '../history.ts'
import { bugs } from './list.ts'

/** A promise that was broken, or the code with which the product itself refuses to go on. */
const useful =
  /^(ING-1|DED-1|DED-2|MAN-1|AUD-1|QRY-1): .{20}|^(LOG_CORRUPT|LOG_GAP|MANIFEST_CORRUPT|REPLICA_DIVERGED): .{20}/

describe('planted bugs', () => {
  test('planted bugs: there are enough', () => {
    expect(Object.keys(bugs).length).toBeGreaterThanOrEqual(36)
  })

  test.each(Object.entries(bugs))(
    'planted bug %s -> found within 300 seeds, and the message says what broke',
    async (name, bug) => {
      let seed = 1
      let failure: Error | undefined
      for (; seed <= 300 && failure === undefined; seed++) {
        failure = (await runHistory(seed, { seams: bug.seams() })).failure
      }
      expect(failure?.message, `${name}: ${bug.story}`).toMatch(useful)
    },
    300_000,
  )
})
