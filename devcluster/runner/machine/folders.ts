/** Folders on the real disk: records, volumes that change at once, logs that are rotated while they are written. */
import { existsSync } from 'node:fs'
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Folders } from '../ports.ts'
import type { Files } from '../volumes/content.ts'

/** The link that readers go through; a kubelet's names, since programs know them. */
const dataLink = '..data'

export const realFolders: Folders = {
  async make(path) {
    await mkdir(path, { recursive: true })
  },
  exists: async (path) => existsSync(path),
  remove: (path) => rm(path, { recursive: true, force: true }),
  list: (path) => readdir(path).catch(orMissing<string[]>([])),
  readText: (path) => readFile(path, 'utf8').catch(orMissing<string | undefined>(undefined)),
  async writeText(path, text) {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  },
  publish,
  async rotate(path, { bytesMax, filesMax }) {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size <= bytesMax) return
    for (let index = filesMax - 2; index >= 1; index--)
      if (existsSync(`${path}.${index}`)) await rename(`${path}.${index}`, `${path}.${index + 1}`)
    // The process keeps its file open for appending: what it writes between these two calls is lost, as with any copy-and-truncate.
    await copyFile(path, `${path}.1`)
    await truncate(path, 0)
  },
}

/**
 * ```
 * folder/..2026_3/routing.json      the files
 * folder/..data -> ..2026_3         replaced by one rename
 * folder/routing.json -> ..data/routing.json
 * ```
 */
async function publish(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true })
  const before = await readlink(join(folder, dataLink)).catch(() => undefined)
  const next = `..${Number(before?.slice(2) ?? 0) + 1}`
  await rm(join(folder, next), { recursive: true, force: true })
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, next, path)), { recursive: true })
    await writeFile(join(folder, next, path), bytes)
  }
  await mkdir(join(folder, next), { recursive: true })
  await rm(join(folder, '..data_new'), { force: true })
  await symlink(next, join(folder, '..data_new'))
  await rename(join(folder, '..data_new'), join(folder, dataLink))
  const names = new Set(Object.keys(files).map((path) => path.split('/')[0]!))
  const there = (await readdir(folder)).filter((name) => !name.startsWith('..'))
  for (const name of names) if (!there.includes(name)) await symlink(join(dataLink, name), join(folder, name))
  for (const name of there) if (!names.has(name)) await rm(join(folder, name), { force: true })
  if (before !== undefined) await rm(join(folder, before), { recursive: true, force: true })
}

function orMissing<Value>(value: Value) {
  return (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
