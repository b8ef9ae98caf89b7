/** Whole small files (configuration, certificates) through the Disk port. */
import type { Disk } from './ports.ts'
import { readUpTo } from './read-up-to.ts'

/** The bytes of a file. Throws `DiskError`. */
export async function readFile(disk: Disk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, 'read')
  try {
    return await readUpTo(file, 0, await file.size())
  } finally {
    await file.close()
  }
}
