/**
 * The address that a request came from, behind as many proxies as were configured, no more: whatever
 * else `X-Forwarded-For` says was written by the client.
 */
import { createHash } from 'node:crypto'
import type { HttpRequest } from '../../http/request.ts'

export function clientAddress(request: HttpRequest, trustedProxies: number): string {
  const forwarded = trustedProxies === 0 ? undefined : request.header('x-forwarded-for')
  const seen = [...(forwarded ?? '').split(',').map((address) => address.trim()), request.remoteAddress]
  const addresses = seen.filter((address) => address !== '')
  return addresses[Math.max(0, addresses.length - 1 - trustedProxies)] ?? ''
}

/** A user id for whoever has this address: another one in each project, and the address cannot be read from it at sight. */
export function userOfAddress(project: string, address: string): string {
  const digest = createHash('sha256').update(project).update('\0').update(address).digest('hex')
  return `ip-${digest.slice(0, 32)}`
}
