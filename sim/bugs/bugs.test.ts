import { describe, expect, test } from 'vitest'
import { findBug } from './find.ts'
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
      const history = await findBug(bug, 1, 300)
      expect(history?.failure?.message, `${name}: ${bug.story}`).toMatch(useful)
    },
    300_000,
  )
})
