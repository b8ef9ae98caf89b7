/** A watch as lines of JSON on an open answer, with the faults that a watch can have. */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../../dataplane/core/ports.ts'
import type { WatchEvent } from '../../../operator/kube/api.ts'
import { apiVersionOf } from '../../../operator/kube/resource.ts'
import { StatusError } from '../../../operator/kube/status-error.ts'
import type { Storage } from '../storage.ts'
import { watchStorage } from '../watch.ts'
import type { Fault } from './faults.ts'
import { type Route, selectionOf } from './route.ts'
import { statusObject } from './status-object.ts'

export interface WatchStream {
  readonly storage: Storage
  readonly route: Route
  readonly url: URL
  readonly clock: Clock
  readonly bookmarkMs: number
  readonly signal: AbortSignal
  readonly fault: Fault | undefined
}

export async function sendWatch(response: ServerResponse, stream: WatchStream): Promise<void> {
  const { storage, route, url, clock, bookmarkMs, signal, fault } = stream
  const timeout = url.searchParams.get('timeoutSeconds')
  const query = {
    ...selectionOf(url, route.namespace),
    ...(route.name && { fieldSelector: `metadata.name=${route.name}` }),
    ...(url.searchParams.get('resourceVersion') && { resourceVersion: url.searchParams.get('resourceVersion')! }),
    ...(timeout && { timeoutSeconds: Number(timeout) }),
  }
  const withBookmarks = ['1', 'true'].includes(url.searchParams.get('allowWatchBookmarks') ?? '')
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
  const write = (line: string) => response.write(`${line}\n`)
  let count = 0
  try {
    for await (const event of watchStorage(storage, route.resource, query, { clock, bookmarkMs, signal })) {
      if (event.type === 'BOOKMARK' && !withBookmarks) continue
      for (const part of changed(event, count, fault)) write(typeof part === 'string' ? part : lineOf(part, route))
      count++
      if (fault?.kind === 'watch' && fault.resetAfter === count) return void response.destroy()
    }
    response.end()
  } catch (error) {
    if (!(error instanceof StatusError)) return void response.destroy()
    // The answer has begun: what goes wrong now is an event.
    write(JSON.stringify({ type: 'ERROR', object: statusObject(error) }))
    response.end()
  }
}

function changed(event: WatchEvent, count: number, fault: Fault | undefined): readonly (WatchEvent | string)[] {
  return fault?.kind === 'watch' && fault.change !== undefined ? fault.change(event, count) : [event]
}

function lineOf(event: WatchEvent, { resource }: Route): string {
  if (event.type !== 'BOOKMARK') return JSON.stringify(event)
  const { resourceVersion } = event
  const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { resourceVersion } }
  return JSON.stringify({ type: 'BOOKMARK', object })
}
