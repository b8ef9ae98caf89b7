/**
 * Real servers for suites named `*.server.test.ts`: found by the environment; a suite without its server is left out with a reason, or
 * fails where `ANABRANCH_REQUIRE_SERVERS=1` says that there must be one.
 */
import { describe } from 'vitest'

/** `describe` where the variable is set; else the suite is skipped, or fails when it is told that servers are there. */
export function describeWith(variable: string, name: string, suite: () => void): void {
  if (process.env[variable] !== undefined) describe(name, suite)
  else if (process.env.ANABRANCH_REQUIRE_SERVERS === '1') throw new Error(`${name}: ${variable} is not set`)
  else describe.skip(`${name} (${variable} is not set)`, suite)
}
