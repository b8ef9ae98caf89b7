/** Commits of manifests that trust the store more than it deserves, and stores that do. */
import { UnavailableError } from '../../common/errors/errors.ts'
import type { ObjectStore } from '../../dataplane/core/ports.ts'
import { decodeManifest, encodeManifest } from '../../dataplane/storage/manifest/body.ts'
import type { Manifest } from '../../dataplane/storage/manifest/manifest.ts'
import type { Bug } from './bug.ts'

export const storeBugs = {
  'put-overwrites': {
    story: 'put-if-absent is sent without its condition',
    breaks: 'MAN-1',
    seams: () => ({
      store: (store, bucket) =>
        changed(store, {
          putIfAbsent: async (key, bytes) => {
            const outcome = await store.putIfAbsent(key, bytes)
            if (outcome === 'exists') bucket?.objects.set(key, bytes.slice())
            return 'created'
          },
        }),
    }),
  },
  'loser-acts': {
    story: 'a replica that finds its version taken takes it for its own',
    breaks: 'QRY-1',
    seams: () => ({ store: (store) => onPut(store, async (put) => (await put()) && 'created') }),
  },
  'lost-reply-trusted': {
    story: 'a commit whose reply got lost is taken for done, without reading back',
    breaks: 'MAN-1',
    seams: () => ({
      store: (store) =>
        onPut(store, (put) =>
          put().catch((error: unknown) => {
            if (error instanceof UnavailableError) return 'created'
            throw error
          }),
        ),
    }),
  },
  'nonce-shared': {
    story: 'all replicas have one nonce, so each takes what another committed for its own',
    breaks: 'MAN-1',
    seams: () => ({ random: () => ({ bytes: (length) => new Uint8Array(length).fill(7) }) }),
  },
  'cut-vector-ahead': {
    story: 'a manifest claims one record more than its segment holds',
    breaks: 'MAN-1',
    seams: () => ({ store: (store) => editing(store, 'put', (manifest) => shifted(manifest, 1)) }),
  },
  'cut-vector-behind': {
    story: 'a manifest claims one record less than its segment holds',
    breaks: 'MAN-1',
    seams: () => ({ store: (store) => editing(store, 'put', (manifest) => shifted(manifest, -1)) }),
  },
  'replay-skips-one': {
    story: 'a replica starts to read the log after the offset of its manifest instead of at it',
    breaks: 'QRY-1',
    seams: () => ({ store: (store) => editing(store, 'get', (manifest) => shifted(manifest, 1)) }),
  },
} as const satisfies Record<string, Bug>

function changed(store: ObjectStore, changes: Partial<ObjectStore>): ObjectStore {
  return {
    putIfAbsent: (key, bytes) => store.putIfAbsent(key, bytes),
    getRange: (key, start, end) => store.getRange(key, start, end),
    size: (key) => store.size(key),
    list: (prefix, options) => store.list(prefix, options),
    ...changes,
  }
}

const isManifest = (key: string) => key.startsWith('manifests/')

type Put = ReturnType<ObjectStore['putIfAbsent']>

/** Changes what a put of a manifest answers. */
function onPut(store: ObjectStore, act: (put: () => Put) => Put): ObjectStore {
  return changed(store, {
    putIfAbsent: (key, bytes) => {
      const put = () => store.putIfAbsent(key, bytes)
      return isManifest(key) ? act(put) : put()
    },
  })
}

/** Changes manifests on their way to the store or from it. */
function editing(store: ObjectStore, on: 'put' | 'get', edit: (manifest: Manifest) => Manifest): ObjectStore {
  const edited = (key: string, bytes: Uint8Array) => encodeManifest(edit(decodeManifest(key, bytes)))
  const load = async (key: string) => {
    const size = await store.size(key)
    const bytes = size === undefined ? undefined : await store.getRange(key, 0, size)
    return bytes && edited(key, bytes)
  }
  if (on === 'put') {
    return changed(store, {
      putIfAbsent: (key, bytes) => store.putIfAbsent(key, isManifest(key) ? edited(key, bytes) : bytes),
    })
  }
  return changed(store, {
    size: async (key) => (isManifest(key) ? (await load(key))?.length : store.size(key)),
    getRange: async (key, start, end) =>
      isManifest(key) ? (await load(key))?.slice(start, end) : store.getRange(key, start, end),
  })
}

/** The manifest with the offset of its lowest partition moved, where it has one. */
function shifted(manifest: Manifest, by: number): Manifest {
  const next = new Map(manifest.offsets.next)
  const [partition, offset] = [...next][0]!
  if (offset > 0) next.set(partition, offset + by)
  return { ...manifest, offsets: { ...manifest.offsets, next } }
}
