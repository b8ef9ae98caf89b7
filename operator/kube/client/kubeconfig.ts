/**
 * Access by kubeconfig: files as `KUBECONFIG` lists them, a context, and a user by token, token file, client certificate or exec plugin.
 *
 * Source: the kubeconfig (v1) and client authentication (v1) pages of the Kubernetes reference. Does not: auth providers
 * (removed from Kubernetes' own clients), user and password, proxies; a file that uses them is refused by name.
 */
import { dirname, isAbsolute, join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { UserError } from '../../../common/errors/errors.ts'
import { type Access, type Credentials, type Machine, remembered } from './access.ts'
import { type ExecPlugin, execPluginSchema, runPlugin } from './exec-plugin.ts'

const text = z.string().nullish()
const named = <Body extends z.ZodType>(name: string, body: Body) =>
  z.array(z.object({ name: z.string(), [name]: body })).nullish()

const clusterSchema = z.object({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
})
const userSchema = z.object({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: execPluginSchema.nullish(),
  username: text,
  'auth-provider': z.unknown().optional(),
})
const contextSchema = z.object({ cluster: z.string(), user: z.string(), namespace: text })
const fileSchema = z.object({
  'current-context': text,
  clusters: named('cluster', clusterSchema),
  users: named('user', userSchema.nullish()),
  contexts: named('context', contextSchema),
})

type Cluster = z.infer<typeof clusterSchema>
type User = z.infer<typeof userSchema>
/** Relative paths of an entry start at the folder of its file. */
interface Found<T> {
  readonly value: T
  readonly folder: string
}

export interface KubeconfigOptions {
  /** Of the files; the first that has an entry wins. */
  readonly paths: readonly string[]
  /** Absent: the current one. */
  readonly context?: string
}

/** Throws `UserError` `KUBECONFIG_INVALID` naming file and entry. */
export async function fromKubeconfig({ paths, context }: KubeconfigOptions, machine: Machine): Promise<Access> {
  const files = await Promise.all(paths.map(async (path) => ({ path, content: await readConfig(path, machine) })))
  const find = <T>(list: 'clusters' | 'users' | 'contexts', field: string, name: string): Found<T> => {
    for (const { path, content } of files) {
      const entry = content[list]?.find((candidate) => (candidate as { name: string }).name === name)
      if (entry !== undefined)
        return { value: ((entry as Record<string, unknown>)[field] ?? {}) as T, folder: dirname(path) }
    }
    return invalid(`${paths.join(', ')}: no ${field} named "${name}"`)
  }
  const name = context ?? files.map(({ content }) => content['current-context']).find(Boolean)
  if (!name) return invalid(`${paths.join(', ')}: no current-context`)
  const { value: chosen } = find<z.infer<typeof contextSchema>>('contexts', 'context', name)
  const cluster = find<Cluster>('clusters', 'cluster', chosen.cluster)
  const user = find<User>('users', 'user', chosen.user)
  if (user.value.username || user.value['auth-provider']) {
    return invalid(
      `user "${chosen.user}": user and password and auth-provider are not known; use a token, a certificate or exec`,
    )
  }
  const credentials = remembered(machine, 60_000, () => load(cluster, user, machine))
  return {
    server: cluster.value.server.replace(/\/$/, ''),
    namespace: chosen.namespace ?? 'default',
    ...(cluster.value['tls-server-name'] && { serverName: cluster.value['tls-server-name'] }),
    ...(cluster.value['insecure-skip-tls-verify'] && { skipVerify: true }),
    credentials: () => credentials.get(),
    forget: () => credentials.forget(),
  }
}

async function load(
  cluster: Found<Cluster>,
  user: Found<User>,
  machine: Machine,
): Promise<{ value: Credentials; until?: number }> {
  const { value: who, folder } = user
  const read = async (path: string | null | undefined, data: string | null | undefined, from: string) => {
    if (data) return Buffer.from(data, 'base64').toString()
    return path ? machine.readText(isAbsolute(path) ? path : join(from, path)) : undefined
  }
  const ca = await read(
    cluster.value['certificate-authority'],
    cluster.value['certificate-authority-data'],
    cluster.folder,
  )
  const certificate = await read(who['client-certificate'], who['client-certificate-data'], folder)
  const key = await read(who['client-key'], who['client-key-data'], folder)
  const token = who.token ?? (await read(who.tokenFile, undefined, folder))?.trim()
  const fixed: Credentials = {
    ...(ca && { ca }),
    ...(certificate && key && { certificate, key }),
    ...(token && { token }),
  }
  if (!who.exec) return { value: fixed }
  const { credentials, until } = await runPlugin(who.exec as ExecPlugin, machine)
  return { value: { ...fixed, ...credentials }, ...(until !== undefined && { until }) }
}

async function readConfig(path: string, machine: Machine): Promise<z.infer<typeof fileSchema>> {
  const content = await machine
    .readText(path)
    .catch((error: unknown) => invalid(`${path}: ${(error as Error).message}`))
  let value: unknown
  try {
    value = parse(content)
  } catch (error) {
    return invalid(`${path}: ${(error as Error).message.split('\n')[0]}`)
  }
  const { data, error } = fileSchema.safeParse(value ?? {})
  return (
    data ??
    invalid(`${path}: ${error?.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ')}`)
  )
}

function invalid(what: string): never {
  throw new UserError('KUBECONFIG_INVALID', what)
}
