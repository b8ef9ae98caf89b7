/**
 * Repairs a range that a manifest states wrongly: `rebuild-range-from-log`, one manifest commit (MAN-1).
 *
 * The new version goes on from the last one that is right and holds, as one segment, what the log says from
 * there up to the newest offsets. The versions between stay as objects and are nobody's state any more.
 *
 * Does not: decide that a range is wrong, or adopt.
 */
import { assert } from '../../../common/errors/errors.ts'
import { shardLimits } from '../../core/limits.ts'
import { type CommitOutcome, commitManifest } from '../../storage/manifest/commit.ts'
import type { Manifest, Operation } from '../../storage/manifest/manifest.ts'
import { planPages, writePages } from '../../storage/manifest/pages.ts'
import { type CutPorts, hexNonce, writeCut } from '../cut/write.ts'
import type { Reread } from './reread.ts'

/** `log` read from the last right version to the offsets of `head`, the newest version. Throws as a cut. */
export async function commitRebuild(ports: CutPorts, log: Reread, head: Manifest): Promise<CommitOutcome> {
  const { manifest: base, runs, records } = log
  assert(base.version < head.version, `a rebuild of version ${head.version} from ${base.version}`, 'MAN-1')
  const window = { from: base.offsets, to: head.offsets }
  const digest = log.digest(window.from, window.to)
  const cuts = { first: base.nextCut, last: Math.max(base.nextCut, head.nextCut - 1) }
  const plan = { shard: base.shard, cuts, runs, records, window, digest }
  const stored = digest.rows === 0 ? undefined : await writeCut(ports, plan)
  const output = stored?.reference.digest ?? digest
  const segment = stored?.reference.id ?? null
  const operation: Operation = { kind: 'rebuild', base: base.version, input: digest, output, segment }
  const references = stored === undefined ? base.references : [...base.references, stored.reference]
  const pages = planPages(references, shardLimits.inlineReferencesMax)
  return commitManifest(ports.store, {
    ...head,
    version: head.version + 1,
    previous: head.version,
    nonce: hexNonce(ports.random),
    nextCut: cuts.last + 1,
    references: pages.inline,
    pages: await writePages(ports.store, base.shard, { pages: base.pages, plan: pages }),
    operation,
  })
}
