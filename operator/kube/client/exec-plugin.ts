/** Credentials from a program, as the exec section of a kubeconfig names it: cloud providers hand out their tokens so. */

import { z } from 'zod'
import { UserError } from '../../../common/errors/errors.ts'
import type { Credentials, Machine } from './access.ts'

export const execPluginSchema = z.object({
  apiVersion: z.enum(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
})

export type ExecPlugin = z.infer<typeof execPluginSchema>

const answerSchema = z.object({
  status: z.object({
    expirationTimestamp: z.string().nullish(),
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
  }),
})

/** Used a little less long than promised, so that a request under way does not outlive them. */
const marginMs = 10_000

/** Throws `UserError` `KUBECONFIG_INVALID` when the program fails or answers something else. */
export async function runPlugin(
  { apiVersion, command, args, env }: ExecPlugin,
  machine: Machine,
): Promise<{ credentials: Credentials; until?: number }> {
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } })
  const variables = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]))
  const output = await machine
    .run(command, args ?? [], { ...variables, KUBERNETES_EXEC_INFO: info })
    .catch((error: unknown) => invalid((error as Error).message))
  const { data } = answerSchema.safeParse(parsed(output))
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = data?.status ?? {}
  if (!token && !(certificate && key))
    return invalid(`exec ${command}: got no token and no certificate, want an ExecCredential`)
  return {
    credentials: { ...(token && { token }), ...(certificate && key && { certificate, key }) },
    ...(expirationTimestamp && { until: Date.parse(expirationTimestamp) - marginMs }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(what: string): never {
  throw new UserError('KUBECONFIG_INVALID', what)
}
