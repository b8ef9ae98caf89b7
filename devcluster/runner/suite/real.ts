/** A connection to the API server of `KUBECONFIG`. */
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { findAccess } from '../../../operator/kube/client/connect.ts'
import { HttpApi } from '../../../operator/kube/client/http-api.ts'
import { realMachine } from '../../../operator/kube/client/machine.ts'

export async function connectReal(): Promise<HttpApi> {
  return new HttpApi({
    access: await findAccess({ env: process.env, machine: realMachine }),
    userAgent: 'anabranch-test-runner',
    monotonic: () => realClock.monotonic(),
  })
}
