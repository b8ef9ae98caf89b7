/** Counts what a run of tests proved, for the line that ends it. Does not: trust an exit code alone, or a report alone. */

export interface Tally {
  readonly passed: number
  readonly failed: number
}

/** The part of vitest's JSON report that is counted. */
export interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

/**
 * A file that failed before its first test counts as one failure, and so does a run that ends badly although every test
 * passed (an unhandled rejection, a crash), that left no report, or that ran nothing.
 */
export function tally(report: TestReport | undefined, exitCode: number): Tally {
  if (report === undefined) return { passed: 0, failed: 1 }
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = report.numFailedTests + broken.length
  const silent = failed === 0 && (exitCode !== 0 || report.numPassedTests === 0)
  return { passed: report.numPassedTests, failed: failed + (silent ? 1 : 0) }
}

export const add = (a: Tally, b: Tally): Tally => ({ passed: a.passed + b.passed, failed: a.failed + b.failed })

/** The line that `.ci/run` adds up. */
export const line = ({ passed, failed }: Tally): string => `${passed} passed, ${failed} failed`
