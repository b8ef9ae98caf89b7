/** The table of images in a file, read again when it has changed: an image that is added is found at the next try to pull it. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ImageTable, imageTable } from '../container/images.ts'

/** Throws at once for a file that can't be read; later mistakes leave the table as it was, and `warn` is told. */
export function imageFile(path: string, warn: (message: string) => void): () => ImageTable {
  const folder = dirname(resolve(path))
  let changedAt = statSync(path).mtimeMs
  let table = readTable(path, folder)
  return () => {
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: changedAt }
    if (mtimeMs === changedAt) return table
    changedAt = mtimeMs
    try {
      table = readTable(path, folder)
    } catch (error) {
      warn(`${error instanceof Error ? error.message : error}`)
    }
    return table
  }
}

function readTable(path: string, folder: string): ImageTable {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`)
  }
  return atFolder(parsed, folder, path)
}

/** A table whose working folders are absolute. Throws `Error` that names the entry that is wrong. */
export function atFolder(table: unknown, folder: string, source: string): ImageTable {
  const result = imageTable.safeParse(table)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new Error(`${source}: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  return Object.fromEntries(
    Object.entries(result.data).map(([name, image]) => [
      name,
      { ...image, workingDir: resolve(folder, image.workingDir) },
    ]),
  )
}
