/**
 * Addresses of one runner on the loopback network of Linux, which answers on all of 127/8: pure.
 *
 * ```
 * 127.N.0.1 …          nodes         N is the runner's own, claimed by listening on the first node's address
 * 127.N.1.1 – 99.254   pods          in turn, so that an address comes back late
 * 127.N.200.1 …        Services      the same for the same Service as long as the data folder lives
 * ```
 * With an address each, all pods can listen on the same ports.
 */

export interface ServiceAddresses {
  readonly [key: string]: string
}

const podsMax = 99 * 254
const servicesMax = 55 * 254

export class Addresses {
  readonly network: number
  #lastPod: number

  /** `lastPod`: where the turn stands, 0 at first. */
  constructor(network: number, lastPod = 0) {
    this.network = network
    this.#lastPod = lastPod
  }

  isOwn(address: string): boolean {
    return address.startsWith(`127.${this.network}.`)
  }

  node(index: number): string {
    return `127.${this.network}.0.${index + 1}`
  }

  /** Throws `Error` when all are taken. */
  pod(taken: ReadonlySet<string>): string {
    for (let tries = 0; tries < podsMax; tries++) {
      const index = this.#lastPod++ % podsMax
      const address = `127.${this.network}.${1 + Math.floor(index / 254)}.${1 + (index % 254)}`
      if (!taken.has(address)) return address
    }
    throw new Error(`all ${podsMax} addresses of pods in 127.${this.network}.0.0/16 are taken`)
  }

  /** The table with an address for the Service; unchanged when it has one of this network. */
  service(table: ServiceAddresses, key: string): ServiceAddresses {
    if (this.isOwn(table[key] ?? '')) return table
    const taken = new Set(Object.values(table))
    for (let index = 0; index < servicesMax; index++) {
      const address = `127.${this.network}.${200 + Math.floor(index / 254)}.${1 + (index % 254)}`
      if (!taken.has(address)) return { ...table, [key]: address }
    }
    throw new Error(`all ${servicesMax} addresses of Services in 127.${this.network}.0.0/16 are taken`)
  }
}
