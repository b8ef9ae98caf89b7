/**
 * Loaded into each Node process of a pod before its own code (`--import`): names of Services resolve by the runner's hosts file, and the
 * host's name is the pod's.
 *
 * A cluster's DNS is out of reach for a process without a network of its own. So `dns.lookup`, which `net`, `fetch` and gRPC all go through, first looks into
 * the file, with the search list of a pod (`shop-log`, `shop-log.prod`, `shop-log.prod.svc`, in full). The file is read on every
 * lookup: endpoints of headless Services change. Does not: answer `dns.resolve*`, or programs that are not Node.
 */
import dns from 'node:dns'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

const { ANABRANCH_RUNNER_HOSTS: hosts = '', ANABRANCH_RUNNER_NAMESPACE: namespace = 'default', HOSTNAME } = process.env

type Found = { address: string; family: number }

function find(name: string): Found[] {
  const suffixes = ['', `.${namespace}.svc.cluster.local`, '.svc.cluster.local', '.cluster.local']
  const wanted = new Set(suffixes.map((suffix) => `${name.replace(/\.$/, '')}${suffix}`.toLowerCase()))
  return read()
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => wanted.has(words[1] ?? ''))
    .map(([address]) => ({ address: address!, family: 4 }))
}

function read(): string {
  try {
    return readFileSync(hosts, 'utf8')
  } catch {
    return ''
  }
}

const real = { lookup: dns.lookup, promised: dns.promises.lookup }

function lookup(name: string, ...rest: unknown[]): void {
  const found = find(name)
  const done = rest.at(-1) as (error: null, address: unknown, family?: number) => void
  const [options] = rest
  if (found.length === 0) {
    ;(real.lookup as (...all: unknown[]) => void)(name, ...rest)
    return
  }
  const all = typeof options === 'object' && options !== null && (options as dns.LookupOptions).all === true
  process.nextTick(() => (all ? done(null, found) : done(null, found[0]!.address, found[0]!.family)))
}

async function promised(name: string, options?: dns.LookupOptions | number): Promise<unknown> {
  const found = find(name)
  if (found.length === 0) return (real.promised as (...all: unknown[]) => Promise<unknown>)(name, options)
  return typeof options === 'object' && options.all === true ? found : found[0]
}

Object.assign(dns, { lookup: Object.assign(lookup, real.lookup) })
Object.assign(dns.promises, { lookup: promised })
if (HOSTNAME !== undefined) Object.assign(os, { hostname: () => HOSTNAME })
syncBuiltinESMExports()
