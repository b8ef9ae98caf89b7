/**
 * Builds the shapes in a process of its own, which needs about 500 bytes a row, and says what it built.
 *
 * Arguments: folder, rows, seed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { realDisk } from '../dataplane/runtime/disk.ts'
import { realRandom } from '../dataplane/runtime/random.ts'
import { FolderStore } from '../dataplane/storage/object/folder-store.ts'
import { buildShapes } from './shapes.ts'

const [folder, rows, seed] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const store = new FolderStore(realDisk(folder), 'objects', realRandom)
const shapes = await buildShapes({ rows: Number(rows), seed: Number(seed) }, store)
writeFileSync(join(folder, 'shapes.json'), JSON.stringify(shapes))
