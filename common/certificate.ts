/**
 * A certificate that signed itself, for addresses of this machine, made without any tool.
 *
 * ```
 * Certificate  SEQUENCE { tbs, algorithm, BIT STRING signature }
 * tbs          SEQUENCE { [0] version 3, serial, algorithm, issuer, validity, subject, key, [3] extensions }
 * ```
 * RFC 5280; ECDSA with SHA-256 on P-256. For tests and loopback servers: the same serial each time, valid from 2020 to 2049.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

export interface SelfSigned {
  /** PEM; also the authority that a client has to trust. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

/** For `localhost` and the IPv4 `addresses`. */
export function selfSigned({ commonName = 'anabranch test', addresses = ['127.0.0.1'] } = {}): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName)))))
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const version = der(0xa0, integer(2))
  const tbs = sequence(version, integer(1), algorithm, name, validity, name, key, der(0xa3, extensions(addresses)))
  const signature = sign('sha256', tbs, privateKey)
  const certificate = sequence(tbs, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    certificate: pem(certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** Names that it is for, and that it may sign (itself). */
function extensions(addresses: readonly string[]): Buffer {
  const ips = addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number))))
  const names = sequence(der(0x82, Buffer.from('localhost')), ...ips)
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])))
  return sequence(
    sequence(oid(0x55, 0x1d, 0x11), der(0x04, names)),
    sequence(oid(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, isAuthority)),
  )
}

function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, Buffer.concat(parts))
const oid = (...bytes: readonly number[]) => der(0x06, Buffer.from(bytes))
const integer = (value: number) => der(0x02, Buffer.from([value]))

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
