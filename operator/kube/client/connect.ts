/** Finds the API server as every Kubernetes program does: a kubeconfig that is named, the pod that this is, the kubeconfig of the user. */
import { join } from 'node:path'
import { UserError } from '../../../common/errors/errors.ts'
import type { Access, Machine } from './access.ts'
import { inCluster } from './in-cluster.ts'

export interface ConnectOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly machine: Machine
  /** Of the kubeconfig; the current one when absent. */
  readonly context?: string
}

/** Throws `UserError` `KUBECONFIG_INVALID` when there is nothing to go by. */
export async function findAccess({ env, machine, context }: ConnectOptions): Promise<Access> {
  const listed = (env.KUBECONFIG ?? '').split(process.platform === 'win32' ? ';' : ':').filter(Boolean)
  if (listed.length === 0) {
    const pod = await inCluster(env, machine)
    if (pod !== undefined) return pod
  }
  const home = env.HOME ?? env.USERPROFILE
  const paths = listed.length > 0 || home === undefined ? listed : [join(home, '.kube', 'config')]
  if (paths.length === 0) throw new UserError('KUBECONFIG_INVALID', 'KUBECONFIG is not set, and this is no pod')
  // Loaded only here: a pod needs no parser of YAML.
  const { fromKubeconfig } = await import('./kubeconfig.ts')
  return fromKubeconfig({ paths, ...(context !== undefined && { context }) }, machine)
}
