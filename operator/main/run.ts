/**
 * The process of the operator: real ports, probes, election, and an end that gives the Lease back.
 *
 * Exit codes: 0 after SIGTERM or SIGINT, 1 when it could not start. Connections of the election are its own, so that
 * a renewal waits behind nothing.
 */
import { hostname } from 'node:os'
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import { unavailable } from '../../common/errors/errors.ts'
import type { Logger } from '../../dataplane/core/ports.ts'
import { randomHex } from '../../dataplane/core/random-hex.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { lineLogger } from '../../dataplane/runtime/logger.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import { RemoteDataPlane } from '../admin/remote.ts'
import type { Access } from '../kube/client/access.ts'
import { findAccess } from '../kube/client/connect.ts'
import { HttpApi } from '../kube/client/http-api.ts'
import { realMachine } from '../kube/client/machine.ts'
import { Election } from '../kube/lease/election.ts'
import type { Leadership } from '../kube/lease/leadership.ts'
import { type RuntimeMetrics, runtimeMetrics } from '../kube/metrics.ts'
import { serveProbes } from '../kube/probes/probes.ts'
import { Operator } from '../reconcile/operator.ts'
import type { OperatorFlags } from './flags.ts'

const clock = realClock
const random = realRandom

export async function runOperator(flags: OperatorFlags, version: string): Promise<void> {
  const logger = leveled(
    lineLogger(clock, (line) => process.stderr.write(line)),
    flags.logLevel,
  )
  const access = await findAccess({ env: process.env, machine: realMachine })
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metrics = runtimeMetrics(registry, { host: access.server, lease: flags.leaseName })
  const instance = flags.instance ?? `${hostname()}-${randomHex(random, 4)}`
  let leadership: Leadership | undefined
  const fence = () => {
    if (leadership === undefined) unavailable('LEADER_LOST', 'this process was not elected yet')
    leadership.check()
  }
  const [api, electionApi] = [connect(access, metrics, fence), connect(access, metrics)]
  const plane = new RemoteDataPlane(clock)
  const election = new Election({
    ...{ api: electionApi, clock, random, logger },
    lease: { namespace: flags.leaseNamespace, name: flags.leaseName },
    identity: instance,
  })
  const operator = new Operator({
    sawTerm(term) {
      election.sawTerm(term)
      if (leadership !== undefined && term > leadership.term) leadership.end(`a pod has obeyed term ${term}`)
    },
    ...{ api, plane, clock, random, logger, metrics, instance, vetoed: vetoCounter(registry) },
    operator: { version, image: flags.image },
    ...(flags.namespace !== undefined && { namespace: flags.namespace }),
  })
  metrics.stores(operator.informers)
  const probes = await serveProbes({
    ...{ host: flags.host, port: flags.probePort, metrics: registry },
    unhealthy: () => [],
    unready: () => operator.informers.waitingFor.map((name) => `store of ${name} is not filled`),
  })
  const stop = stopSignal()
  logger.info('running', { version, instance, server: access.server, probes: `${flags.host}:${probes.port}` })
  const following = operator.follow(stop)
  await election.run(async (one) => {
    leadership = one
    metrics.leading(one.term)
    await operator.lead(one, stop)
    metrics.leading(undefined)
  }, stop)
  await following
  plane.close()
  await Promise.all([api.close(), electionApi.close(), probes.close()])
  logger.info('stopped')
}

function connect(access: Access, metrics: RuntimeMetrics, beforeWrite?: () => void): HttpApi {
  return new HttpApi({
    ...{ access, userAgent: 'anabranch-operator', observe: metrics.request, monotonic: () => clock.monotonic() },
    ...(beforeWrite && { beforeWrite }),
  })
}

function vetoCounter(registry: Registry) {
  const counter = new Counter({
    name: 'anabranch_operator_vetoes_total',
    help: 'Looks at which a destructive act was held back, by act and by the predicate that objected (OPR-1).',
    labelNames: ['act', 'veto'],
    registers: [registry],
  })
  return (act: string, veto: string) => counter.inc({ act, veto })
}

function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stop.abort(new Error(`got ${name}`))
      process.once(name, () => process.exit(1))
    })
  }
  return stop.signal
}

const levels = ['info', 'warn', 'error'] as const

function leveled(logger: Logger, lowest: (typeof levels)[number]): Logger {
  const at = (level: (typeof levels)[number]) =>
    levels.indexOf(level) >= levels.indexOf(lowest) ? logger[level] : () => {}
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
