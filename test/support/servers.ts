/**
 * Real servers for suites named `*.server.test.ts`: found by the environment; a suite without its server is left out with a reason, or
 * fails where `ANABRANCH_REQUIRE_SERVERS=1` says that there must be one.
 */
import { describe } from 'vitest'

/** `describe` where the variable is set; else the suite is left out, or fails when it is told that servers are there. */
export function describeWith(variable: string, name: string, suite: () => void): void {
  const there = process.env[variable] !== undefined
  if (!there && process.env.ANABRANCH_REQUIRE_SERVERS === '1') throw new Error(`${name}: ${variable} is not set`)
  describe.runIf(there)(there ? name : `${name} (left out: ${variable} is not set)`, suite)
}
