/**
 * A watch of one client: changes are queued in the write that makes them and read as an async iteration, with bookmarks by the clock.
 *
 * Ends when its time is over, fails when its history is expired. Does not: bound its queue; a reader that stops reading must abort.
 */
import type { Clock } from '../../dataplane/core/ports.ts'
import type { WatchEvent, WatchQuery } from '../../operator/kube/api.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import { type Asked, refusal } from './refusal.ts'
import type { Storage } from './storage.ts'
import { eventOf, initialEvents, selected } from './views.ts'

export interface WatchOptions {
  readonly clock: Clock
  /** Time between bookmarks. */
  readonly bookmarkMs: number
}

export async function* watchStorage(
  storage: Storage,
  resource: Resource,
  query: WatchQuery,
  { clock, bookmarkMs, signal }: WatchOptions & { signal: AbortSignal },
): AsyncGenerator<WatchEvent> {
  signal.throwIfAborted()
  const asked: Asked = { verb: 'WATCH', resource }
  const matches = selected(query, asked)
  const queue = first(storage, resource, query, asked)
  let wake = () => {}
  const stop = storage.listen((change) => {
    const event = eventOf(change, resource, matches)
    if (event === undefined) return
    queue.push(event)
    wake()
  })
  const over = new AbortController()
  const ends = AbortSignal.any([signal, over.signal])
  let bookmark = false
  const timer = async (ms: number, act: () => void, again: boolean) => {
    do {
      await clock.sleep(ms, ends)
      act()
      wake()
    } while (again)
  }
  const quiet = () => {}
  timer(
    bookmarkMs,
    () => {
      bookmark = true
    },
    true,
  ).catch(quiet)
  if (query.timeoutSeconds !== undefined) timer(query.timeoutSeconds * 1000, () => over.abort(), false).catch(quiet)
  const aborted = () => wake()
  signal.addEventListener('abort', aborted)
  try {
    for (;;) {
      signal.throwIfAborted()
      const event = queue.shift()
      if (event !== undefined) yield event
      else if (over.signal.aborted) {
        yield { type: 'BOOKMARK', resourceVersion: String(storage.revision) }
        return
      } else if (bookmark) {
        bookmark = false
        yield { type: 'BOOKMARK', resourceVersion: String(storage.revision) }
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    stop()
    over.abort()
    signal.removeEventListener('abort', aborted)
  }
}

function first(storage: Storage, resource: Resource, query: WatchQuery, asked: Asked): WatchEvent[] {
  const matches = selected(query, asked)
  const { resourceVersion } = query
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') {
    return initialEvents(storage.at(resource, storage.revision)!, matches)
  }
  const revision = Number(resourceVersion)
  if (!Number.isInteger(revision)) return refusal.malformed(asked, `invalid resource version ${resourceVersion}`)
  if (revision > storage.revision) return refusal.ahead(asked, revision)
  const changes = storage.since(revision) ?? refusal.expired(asked, revision)
  return changes.flatMap((change) => eventOf(change, resource, matches) ?? [])
}
