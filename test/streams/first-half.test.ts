import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realDisk } from '../../dataplane/runtime/disk.ts'
import { streamSuite } from './suite.ts'

const folder = process.env.ANABRANCH_DATA

streamSuite(['strimzi', 'vitest', 'fastify', 'zod'], {
  read: folder === undefined ? undefined : (name) => readFileSync(join(folder, `${name}.ndjson.zst`)),
  disk: () => {
    const root = mkdtempSync(join(tmpdir(), 'anabranch-stream-'))
    return { disk: realDisk(root), remove: () => rmSync(root, { recursive: true }) }
  },
})
