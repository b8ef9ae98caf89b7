/** Flags and environment of the operator. */
import { z } from 'zod'
import { oneOf, text, whole } from '../../dataplane/roles/flags.ts'

export const operatorFlags = z.object({
  image: text().describe('image of the data plane, for EventClusters that name none'),
  namespace: text().optional().describe('reconcile this namespace only; all by default'),
  leaseNamespace: text().default('anabranch-system').describe('namespace of the Lease: that of the operator'),
  leaseName: text()
    .default('anabranch-operator')
    .describe('name of the Lease; one for all replicas of an installation'),
  instance: text().optional().describe('name of this process in Lease and Events; in a pod its name'),
  host: text().default('127.0.0.1').describe('address of the probes; 0.0.0.0 in a pod'),
  probePort: whole(0, 65_535).default(8081).describe('port of /healthz, /readyz and /metrics; 0 picks a free one'),
  logLevel: oneOf('info', 'warn', 'error').default('info').describe('lowest level that is logged'),
})

export type OperatorFlags = z.infer<typeof operatorFlags>
