/**
 * Claims a network of loopback addresses for a runner: the one that it had before, else one that nobody listens on.
 *
 * Listening on the first node's address is the claim: it ends with the process, and needs no file that everybody agrees on.
 */
import type { ClaimedNetwork, FindLog } from '../ports.ts'
import { type KubeletServer, serveKubelet } from './kubelet-server.ts'

const first = 2
const last = 254

/** `preferred` first, then all that follow it. Throws `Error` with the remedy on a machine that does not answer on 127.0.0.0/8. */
export async function claimNetwork(preferred: number, nodes: number, findLog: FindLog): Promise<ClaimedNetwork> {
  for (let tried = 0; tried <= last - first; tried++) {
    const network = first + ((preferred - first + tried) % (last - first + 1))
    const servers: KubeletServer[] = []
    try {
      for (let node = 1; node <= nodes; node++) servers.push(await serveKubelet(`127.${network}.0.${node}`, findLog))
      return { network, close: async () => void (await Promise.all(servers.map((server) => server.close()))) }
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()))
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL') {
        throw new Error(
          `this machine does not answer on 127.${network}.0.1: each pod needs a loopback address of its own, which Linux has by itself. Run the pod runner on Linux, or in a Linux VM or container`,
        )
      }
      if (code !== 'EADDRINUSE') throw error
    }
  }
  throw new Error(`all networks 127.${first}.0.0 to 127.${last}.0.0 are taken: stop other pod runners`)
}
