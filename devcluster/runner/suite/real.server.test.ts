import { realClock } from '../../../dataplane/runtime/clock.ts'
import { findAccess } from '../../../operator/kube/client/connect.ts'
import { HttpApi } from '../../../operator/kube/client/http-api.ts'
import { realMachine } from '../../../operator/kube/client/machine.ts'
import { describeWith } from '../../../test/support/servers.ts'
import { clusterSuite } from './cluster-suite.ts'
import { runnerSuite } from './runner-suite.ts'

const connect = async () =>
  new HttpApi({
    access: await findAccess({ env: process.env, machine: realMachine }),
    userAgent: 'anabranch-test-runner',
    monotonic: () => realClock.monotonic(),
  })

describeWith('KUBECONFIG', 'a real API server', () => {
  runnerSuite('a real API server', connect)
  clusterSuite('a real API server', connect)
})
