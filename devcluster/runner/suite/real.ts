/** A connection to the API server that an environment names by `KUBECONFIG`. */
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { findAccess } from '../../../operator/kube/client/connect.ts'
import { HttpApi } from '../../../operator/kube/client/http-api.ts'
import { realMachine } from '../../../operator/kube/client/machine.ts'
import type { Connected } from './world.ts'

export async function connectReal(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connected & { readonly api: HttpApi }> {
  const access = await findAccess({ env, machine: realMachine })
  const monotonic = () => realClock.monotonic()
  return { api: new HttpApi({ access, userAgent: 'anabranch-test-runner', monotonic }), server: access.server }
}
