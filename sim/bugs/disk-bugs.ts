/** A disk, or a driver of it, that promises more than it does. */
import { type Disk, DiskError, type DiskFile } from '../../dataplane/core/ports.ts'
import type { Bug } from './bug.ts'

export const diskBugs = {
  'sync-lies': {
    story: 'fsync returns before anything is on the platter',
    breaks: 'ING-1',
    seams: () => ({ disk: (disk) => withFiles(disk, () => ({ sync: async () => undefined })) }),
  },
  'failed-sync-forgiven': {
    story: 'an error of fsync is logged and forgotten',
    breaks: 'ING-1',
    seams: () => ({
      disk: (disk) => withFiles(disk, (file) => ({ sync: () => file.sync().catch(() => undefined) })),
    }),
  },
  'folder-sync-forgotten': {
    story: 'a new log file is synced, its name is not',
    breaks: 'ING-1',
    seams: () => ({ disk: (disk) => changed(disk, { syncFolder: async () => undefined }) }),
  },
  'fence-unseen': {
    story: 'a writer looks once whether a later one took over, and remembers the answer',
    breaks: 'ING-1',
    shape: () => ({ zombie: 0.4 }),
    seams: () => ({ disk: rememberingEpochs }),
  },
} as const satisfies Record<string, Bug>

function changed(disk: Disk, changes: Partial<Disk>): Disk {
  return {
    list: (folder) => disk.list(folder),
    makeFolder: (path) => disk.makeFolder(path),
    open: (path, mode) => disk.open(path, mode),
    rename: (from, to) => disk.rename(from, to),
    link: (from, to) => disk.link(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: (path) => disk.syncFolder(path),
    ...changes,
  }
}

function withFiles(disk: Disk, change: (file: DiskFile) => Partial<DiskFile>): Disk {
  return changed(disk, {
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      return {
        size: () => file.size(),
        read: (offset, length) => file.read(offset, length),
        write: (offset, bytes) => file.write(offset, bytes),
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        close: () => file.close(),
        ...change(file),
      }
    },
  })
}

function rememberingEpochs(disk: Disk): Disk {
  const missing = new Set<string>()
  return changed(disk, {
    open: async (path, mode) => {
      if (missing.has(path) && mode === 'read') throw new DiskError('missing', path, 'open to read: no such file')
      try {
        return await disk.open(path, mode)
      } catch (error) {
        if (error instanceof DiskError && error.code === 'missing' && path.includes('epoch-')) missing.add(path)
        throw error
      }
    },
  })
}
