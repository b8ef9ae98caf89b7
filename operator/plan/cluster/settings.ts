/** What pods may take over without a restart, from the spec. A change raises the version, nothing else does. */
import type { Settings } from '../../../dataplane/settings/settings.ts'
import type { EventClusterSpec } from '../../kube/kinds.ts'

const levels = { Debug: 'debug', Info: 'info', Warn: 'warn', Error: 'error' } as const

export function nextSettings(former: Settings | undefined, spec: EventClusterSpec, floor: number): Settings {
  const { maxAgeSeconds, maxRows } = spec.shard.cut
  const wanted = { logLevel: levels[spec.logLevel], cut: { maxAgeSeconds, maxRows } }
  if (former === undefined) return { version: floor + 1, ...wanted }
  const { version, ...said } = former
  return JSON.stringify(said) === JSON.stringify(wanted) ? former : { version: version + 1, ...wanted }
}
