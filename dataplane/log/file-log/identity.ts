/** Who writes: the number of an epoch, and a nonce that no other writer ever had. */
import { Buffer } from 'node:buffer'

export interface Identity {
  readonly epoch: number
  /** 16 bytes in hex. */
  readonly nonce: string
}

export function nonceBytes({ nonce }: Identity): Uint8Array {
  return new Uint8Array(Buffer.from(nonce, 'hex'))
}

export function nonceText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
