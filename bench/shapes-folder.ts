/**
 * Shapes on disk, kept under `.anabranch/bench/` until the code that makes them changes.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { realDisk } from '../dataplane/runtime/disk.ts'
import { realRandom } from '../dataplane/runtime/random.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import type { WorkloadOptions } from '../workload/generate.ts'
import { type Shapes, shapeCode } from './shapes.ts'

export interface StoredShapes {
  readonly shapes: Shapes
  readonly store: FolderStore
}

const root = join(import.meta.dirname, '..', '.anabranch', 'bench')

/** Opens the shapes of a workload, building them when they are not there. Throws an `Error` when the builder fails. */
export async function storedShapes(workload: WorkloadOptions, say: (line: string) => void): Promise<StoredShapes> {
  const { rows, seed = 1 } = workload
  const name = `${rows}-${seed}`
  const folder = join(root, `${name}-${shapeCode()}`)
  const facts = join(folder, 'shapes.json')
  if (!existsSync(facts)) {
    removeOld(`${name}-`)
    say(`Encoding ${rows.toLocaleString('en')} events as one segment and as 16 with a tail (about 15 s a million)`)
    const builder = fork(join(import.meta.dirname, 'shapes-process.ts'), [folder, String(rows), String(seed)])
    const [code] = await once(builder, 'exit')
    if (code !== 0) throw new Error(`The shapes were not built: the builder ended with ${code}; its message is above.`)
  }
  const shapes: Shapes = JSON.parse(readFileSync(facts, 'utf8'))
  return { shapes, store: new FolderStore(realDisk(folder), 'objects', realRandom) }
}

/** Of earlier states of the code the newest stays, since another benchmark may be at work with it. */
function removeOld(prefix: string): void {
  const names = existsSync(root) ? readdirSync(root).filter((name) => name.startsWith(prefix)) : []
  const found = names.map((name) => ({ path: join(root, name), made: statSync(join(root, name)).mtimeMs }))
  for (const { path } of found.sort((a, b) => b.made - a.made).slice(1)) rmSync(path, { recursive: true })
}
