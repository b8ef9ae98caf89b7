/**
 * `Authorization: Basic`, in base64 as RFC 7617 has it, or plain `user:secret`, which the reference system takes too.
 *
 * A colon is no character of base64, so the two cannot be mistaken for each other.
 */
import { isUtf8 } from 'node:buffer'

export interface BasicCredentials {
  readonly user: string
  /** Empty where a token stands alone. */
  readonly secret: string
}

/** `undefined` when there is no such header or it is malformed: who asks answers both alike. */
export function basicCredentials(header: string | undefined): BasicCredentials | undefined {
  const given = /^basic +(\S.*)$/i.exec(header ?? '')?.[1]?.trim()
  if (given === undefined) return undefined
  const pair = given.includes(':') ? given : fromBase64(given)
  const colon = pair?.indexOf(':') ?? -1
  return colon < 0 ? undefined : { user: pair!.slice(0, colon), secret: pair!.slice(colon + 1) }
}

function fromBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return isUtf8(bytes) ? bytes.toString() : undefined
}
