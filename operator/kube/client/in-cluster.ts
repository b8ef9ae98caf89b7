/** Access from inside a pod: the address from the environment, token and authority from the folder that the kubelet keeps. */
import { type Access, type Machine, remembered } from './access.ts'

const folder = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The kubelet replaces a token long before it ends; the API server allows for readers that look once a minute. */
const tokenMs = 60_000

/** `undefined` outside of a pod. */
export async function inCluster(
  env: Readonly<Record<string, string | undefined>>,
  machine: Machine,
): Promise<Access | undefined> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (!host || !port) return undefined
  const credentials = remembered(machine, tokenMs, async () => {
    const [token, ca] = await Promise.all([machine.readText(`${folder}/token`), machine.readText(`${folder}/ca.crt`)])
    return { value: { token: token.trim(), ca } }
  })
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: (await machine.readText(`${folder}/namespace`)).trim(),
    credentials: () => credentials.get(),
    forget: () => credentials.forget(),
  }
}
