/** Who writes: the number of an epoch, and a nonce that no other writer ever had. */
import { Buffer } from 'node:buffer'
import type { Random } from '../../core/ports.ts'

export interface Identity {
  readonly epoch: number
  /** 16 bytes in hex. */
  readonly nonce: string
}

export function newNonce(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex')
}

export function nonceBytes({ nonce }: Identity): Uint8Array {
  return new Uint8Array(Buffer.from(nonce, 'hex'))
}

export function nonceText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
