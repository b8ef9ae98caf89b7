/**
 * A process that stands for election and, while it leads, writes its term into a ConfigMap as often as it can: whoever reads the history of the
 * object sees who wrote when. Forked with a channel; tells `{ leading: term }` and `{ lost: term }`.
 *
 * Arguments: URL of the API server (empty: `KUBECONFIG`), namespace, limits of the election as JSON, pause between writes in ms. Ends on SIGTERM.
 */
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import type { Access } from '../../../operator/kube/client/access.ts'
import { findAccess } from '../../../operator/kube/client/connect.ts'
import { HttpApi } from '../../../operator/kube/client/http-api.ts'
import { realMachine } from '../../../operator/kube/client/machine.ts'
import { Election } from '../../../operator/kube/lease/election.ts'
import { resources } from '../../../operator/kube/resource.ts'

const [url, namespace, limits, pauseMs] = process.argv.slice(2) as [string, string, string, string]
const access: Access =
  url === ''
    ? await findAccess({ env: process.env, machine: realMachine })
    : { server: url, namespace, credentials: async () => ({}), forget: () => {} }
const monotonic = () => realClock.monotonic()
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const election = new Election({
  api: new HttpApi({ access, userAgent: 'candidate', monotonic }),
  lease: { namespace, name: 'candidates' },
  identity: `candidate-${process.pid}`,
  clock: realClock,
  random: realRandom,
  logger,
  limits: JSON.parse(limits),
})
const fence = () => {
  if (election.leadership === undefined) throw new Error('not the leader')
  election.leadership.check()
}
const api = new HttpApi({ access, userAgent: 'candidate', monotonic, beforeWrite: fence })
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
// Whoever forked it is gone: so is its reason to run.
process.on('disconnect', () => process.exit(1))

await election.run(async ({ term, signal }) => {
  process.send!({ leading: term })
  while (!signal.aborted && !stop.signal.aborted) {
    const body = { data: { term: String(term), at: String(monotonic()) } }
    // A process that goes on after a stop must not get this through.
    await api.patch(resources.configMaps, { namespace, name: 'written' }, { type: 'merge', body }).catch(() => {})
    await realClock.sleep(Number(pauseMs))
  }
  process.send!({ lost: term })
}, stop.signal)
process.exit(0)
