/**
 * `npm run test:servers [-- FILTER...]`: the suites against real servers (`*.server.test.ts`), found by the usual environment
 * variables: `KUBECONFIG` for an API server. They write to these servers, in namespaces and topics of their own, and
 * delete what they made. A suite whose server is missing says so and is left out; with `ANABRANCH_REQUIRE_SERVERS=1` it fails.
 */
import { dirname } from 'node:path'
import { runTests } from './run-tests.ts'
import { line } from './tally.ts'

const help = `npm run test:servers [-- FILTER...]: the suites against real servers, which they write to

  FILTER    parts of paths: only these suites
  --help    this text

KUBECONFIG names the API server. Namespaces, nodes and the kinds are made there; use one that is for tests.
ANABRANCH_REQUIRE_SERVERS=1: a missing server is a failure. ANABRANCH_OUTAGE_SECONDS: how long the operator stays away (300).`

if (process.argv.includes('--help')) {
  console.log(help)
  process.exit()
}
const total = await runTests(dirname(import.meta.dirname), [
  '--config=vitest.servers.config.ts',
  ...process.argv.slice(2),
])
console.log(line(total))
process.exitCode = total.failed === 0 ? 0 : 1
