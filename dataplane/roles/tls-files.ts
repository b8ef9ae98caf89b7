/** Certificate and key of an HTTP server, from the files that flags name. */

import type { Disk } from '../core/ports.ts'
import { readFile } from '../core/read-file.ts'

export interface TlsFiles {
  readonly tlsCertFile?: string | undefined
  readonly tlsKeyFile?: string | undefined
}

/** `undefined`: plain HTTP. Throws when only one of the two is named, and `DiskError`. */
export async function readTlsFiles(
  disk: Disk,
  { tlsCertFile, tlsKeyFile }: TlsFiles,
): Promise<{ readonly certificate: Buffer; readonly key: Buffer } | undefined> {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined
  if (tlsCertFile === undefined || tlsKeyFile === undefined) {
    throw new Error('--tls-cert-file and --tls-key-file: got one of them, want both or none')
  }
  const [certificate, key] = await Promise.all([readFile(disk, tlsCertFile), readFile(disk, tlsKeyFile)])
  return { certificate: Buffer.from(certificate), key: Buffer.from(key) }
}
