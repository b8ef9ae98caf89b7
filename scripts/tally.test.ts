import { expect, test } from 'vitest'
import { line, tally } from './tally.ts'

const report = (passed: number, failed: number, ...testResults: { status: string; assertionResults: unknown[] }[]) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  testResults,
})

test.each([
  ['all passed', report(3, 0), 0, '3 passed, 0 failed'],
  ['one failed', report(2, 1, { status: 'failed', assertionResults: [1, 2, 3] }), 1, '2 passed, 1 failed'],
  [
    'a file failed before its first test',
    report(2, 0, { status: 'failed', assertionResults: [] }),
    1,
    '2 passed, 1 failed',
  ],
  [
    'one failed and a file failed before its first test',
    report(2, 1, { status: 'failed', assertionResults: [1, 2, 3] }, { status: 'failed', assertionResults: [] }),
    1,
    '2 passed, 2 failed',
  ],
  ['all passed but the run ended badly', report(3, 0), 1, '3 passed, 1 failed'],
  ['nothing ran', report(0, 0), 0, '0 passed, 1 failed'],
  ['no report', undefined, 0, '0 passed, 1 failed'],
])('tally: %s -> counted as it is', (_what, given, exitCode, want) => {
  expect(line(tally(given, exitCode))).toBe(want)
})
