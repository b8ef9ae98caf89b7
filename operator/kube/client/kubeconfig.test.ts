import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { refusalOf } from '../../../test/support/kube-contract.ts'
import type { Machine } from './access.ts'
import { findAccess } from './connect.ts'
import { fromKubeconfig } from './kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function config(user: object, cluster: object = {}, context: object = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server: 'https://kube.test:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', ...context } }],
  })
}

class TestMachine implements Machine {
  time = 0
  readonly files: Record<string, string>
  readonly runs: string[] = []
  output: () => string = () => ''

  constructor(files: Record<string, string>) {
    this.files = files
  }

  now(): number {
    return this.time
  }

  async readText(path: string): Promise<string> {
    const text = this.files[path]
    if (text === undefined) throw new Error(`ENOENT: ${path}`)
    return text
  }

  async run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    this.runs.push([command, ...args, env.MODE, env.KUBERNETES_EXEC_INFO].join(' '))
    return this.output()
  }
}

const read = (files: Record<string, string>, options: { paths?: string[]; context?: string } = {}) => {
  const machine = new TestMachine(files)
  return { machine, access: fromKubeconfig({ paths: ['/u/config'], ...options }, machine) }
}

it('kubeconfig: token, authority and namespace of the current context', async () => {
  const text = config({ token: 't' }, { 'certificate-authority-data': base64('CA') }, { namespace: 'shop' })
  const access = await read({ '/u/config': text }).access
  expect([access.server, access.namespace, await access.credentials()]).toEqual([
    'https://kube.test:6443',
    'shop',
    { token: 't', ca: 'CA' },
  ])
})

it('kubeconfig: files are read from beside the file that names them, and anew after a minute', async () => {
  const text = config(
    { tokenFile: 'token', 'client-certificate': '/etc/cert', 'client-key-data': base64('KEY') },
    { 'certificate-authority': 'pki/ca', 'tls-server-name': 'kube', 'insecure-skip-tls-verify': true },
  )
  const files: Record<string, string> = {
    '/u/config': text,
    '/u/token': 'one\n',
    '/etc/cert': 'CERT',
    '/u/pki/ca': 'CA',
  }
  const { machine, access } = read(files)
  const found = await access
  expect(found).toMatchObject({ serverName: 'kube', skipVerify: true, namespace: 'default' })
  expect(await found.credentials()).toEqual({ token: 'one', ca: 'CA', certificate: 'CERT', key: 'KEY' })
  machine.files['/u/token'] = 'two'
  machine.time = 59_000
  expect((await found.credentials()).token).toBe('one')
  machine.time = 61_000
  expect((await found.credentials()).token).toBe('two')
  machine.files['/u/token'] = 'three'
  found.forget()
  expect((await found.credentials()).token).toBe('three')
})

it('kubeconfig: several files -> the first that has an entry wins; another context by name', async () => {
  const other = stringify({
    'current-context': 'there',
    contexts: [{ name: 'there', context: { cluster: 'c', user: 'other' } }],
    users: [{ name: 'other', user: { token: 'theirs' } }],
  })
  const files = { '/a': other, '/b': config({ token: 'ours' }) }
  const options = { paths: ['/a', '/b'] }
  expect((await (await read(files, options).access).credentials()).token).toBe('theirs')
  expect((await (await read(files, { ...options, context: 'here' }).access).credentials()).token).toBe('ours')
})

it('exec plugin: its token is used until shortly before it ends; one run for many requests', async () => {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'cloud',
    args: ['token'],
    env: [{ name: 'MODE', value: 'quiet' }],
  }
  const { machine, access } = read({ '/u/config': config({ exec }) })
  const ends = (ms: number) => new Date(ms).toISOString()
  machine.output = () =>
    JSON.stringify({ status: { token: `t${machine.runs.length}`, expirationTimestamp: ends(machine.time + 30_000) } })
  const found = await access
  const both = await Promise.all([found.credentials(), found.credentials()])
  expect(both.map(({ token }) => token)).toEqual(['t1', 't1'])
  expect(machine.runs).toEqual([
    `cloud token quiet {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}`,
  ])
  machine.time = 19_000
  expect((await found.credentials()).token).toBe('t1')
  machine.time = 21_000
  expect((await found.credentials()).token).toBe('t2')
})

it('exec plugin: a failure is said and not remembered', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'cloud' }
  const { machine, access } = read({ '/u/config': config({ exec }) })
  machine.output = () => 'please log in'
  const found = await access
  expect(await refusalOf(found.credentials())).toMatchObject({
    code: 'KUBECONFIG_INVALID',
    what: expect.stringContaining('exec cloud: got no token'),
  })
  machine.output = () => JSON.stringify({ status: { clientCertificateData: 'C', clientKeyData: 'K' } })
  expect(await found.credentials()).toEqual({ certificate: 'C', key: 'K' })
})

it.each([
  ['no such file', {}, 'ENOENT'],
  ['no YAML', { '/u/config': 'a: [' }, '/u/config'],
  ['no server', { '/u/config': config({}, { server: null }) }, 'clusters.0.cluster.server'],
  ['a user that is not there', { '/u/config': config({}, {}, { user: 'nobody' }) }, 'no user named "nobody"'],
  ['a password', { '/u/config': config({ username: 'me' }) }, 'use a token, a certificate or exec'],
  ['no context', { '/u/config': 'apiVersion: v1' }, 'no current-context'],
])('kubeconfig: %s -> said with file and entry', async (_, files, what) => {
  const refused = (await refusalOf(read(files as Record<string, string>).access)) as Error
  expect(refused).toMatchObject({ code: 'KUBECONFIG_INVALID' })
  expect(refused.message).toContain(what)
})

it('access: KUBECONFIG, else the pod that this is, else the file of the user', async () => {
  const pod = '/var/run/secrets/kubernetes.io/serviceaccount'
  const files = {
    '/k': config({ token: 'file' }),
    '/u/.kube/config': config({ token: 'home' }),
    [`${pod}/token`]: 'pod\n',
    [`${pod}/ca.crt`]: 'CA',
    [`${pod}/namespace`]: 'anabranch',
  }
  const machine = new TestMachine(files)
  const inPod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: '/u' }
  const tokenOf = async (env: Record<string, string>) =>
    (await (await findAccess({ env, machine })).credentials()).token
  expect(await tokenOf({ ...inPod, KUBECONFIG: '/k' })).toBe('file')
  expect(await tokenOf(inPod)).toBe('pod')
  expect(await tokenOf({ HOME: '/u' })).toBe('home')
  const access = await findAccess({ env: inPod, machine })
  expect([access.server, access.namespace]).toEqual(['https://[fd00::1]:443', 'anabranch'])
  expect(await refusalOf(findAccess({ env: {}, machine }))).toMatchObject({ code: 'KUBECONFIG_INVALID' })
})
